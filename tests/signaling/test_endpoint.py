"""The server's WebSocket, through real sockets: who comes in, what passes, how each ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from signaling.messages import PARTS_EDITION

HELLO = {"type": "hello", "version": 1, "lesson": "lesson-1"}


async def _open(url: str, who: str = "staff-1", **options: Any) -> ClientConnection:
    headers = {"Authorization": f"Bearer {who}", **options.pop("headers", {})}
    return await connect(url, additional_headers=headers, proxy=None, compression=None, max_size=None, **options)


async def _join(url: str, who: str = "staff-1", **hello: Any) -> ClientConnection:
    ws = await _open(url, who)
    await ws.send(json.dumps(HELLO | hello))
    assert (await _next(ws))["type"] == "welcome"
    return ws


async def _next(ws: ClientConnection, *types: str) -> dict[str, Any]:
    """The next message, or the next of these types."""
    async with asyncio.timeout(20):
        while True:
            message: dict[str, Any] = json.loads(await ws.recv())
            if not types or message["type"] in types:
                return message


async def _end(ws: ClientConnection) -> tuple[dict[str, Any], int]:
    """The goodbye and the close code."""
    goodbye = await _next(ws, "goodbye")
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(20):
            await ws.recv()
    assert closed.value.rcvd is not None
    return goodbye, closed.value.rcvd.code


async def test_P1_hello_is_answered_by_welcome_snapshot_and_view(hub: Any, serve: Any) -> None:
    ws = await _open(await serve(hub))
    await ws.send(json.dumps(HELLO))
    assert [(await _next(ws))["type"] for _ in range(3)] == ["welcome", "snapshot", "view"]
    await ws.close()
    await hub.until(lambda: not hub.lines)
    assert hub.log[-1].event.participant == "staff-1"


@pytest.mark.parametrize(("edition", "parts"), [(PARTS_EDITION - 1, False), (PARTS_EDITION, True)])
async def test_P85_who_reads_only_earlier_parts_is_told_the_board_in_one_piece(
    hub: Any, serve: Any, edition: int, parts: bool
) -> None:
    ws = await _join(await serve(hub), edition=edition, parts=True, ahead=True)
    snapshot = await _next(ws, "snapshot")
    assert (snapshot["parts"], "pictures" in snapshot["state"]["board"]["pages"][0]) == (parts, True)
    await ws.close()


async def test_P2_another_origin_is_refused_before_the_socket_opens(hub: Any, serve: Any) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await _open(await serve(hub), headers={"Origin": "http://elsewhere"})
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("who", "first", "code", "retry"),
    [
        ("nobody", HELLO, "unauthorized", False),
        ("staff-1", HELLO | {"version": 2}, "version", False),
        ("staff-1", HELLO | {"lesson": "another"}, "no_such_lesson", False),
        ("staff-1", HELLO | {"extra": 1}, "bad_message", False),
        ("staff-1", {"type": "end_lesson"}, "bad_message", False),
    ],
)
async def test_P2_who_cannot_stay_is_told_why(
    hub: Any, serve: Any, who: str, first: dict[str, Any], code: str, retry: bool
) -> None:
    ws = await _open(await serve(hub), who)
    with contextlib.suppress(ConnectionClosed):
        await ws.send(json.dumps(first))
    goodbye, close_code = await _end(ws)
    assert goodbye == {"type": "goodbye", "code": code, "retry": retry}
    assert close_code != 1006
    assert not hub.lines


async def test_P2_silence_instead_of_hello_ends_the_socket(
    hub: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.ws.endpoint.HELLO_WITHIN_S", 0.05)
    goodbye, _ = await _end(await _open(await serve(hub)))
    assert goodbye["code"] == "bad_message"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "bad_message"),
        ("{", "bad_message"),
        ("null", "bad_message"),
        ('{"type":"no_such_type"}', "bad_message"),
        ('{"type":"ping"}', "bad_message"),
        ('{"type":"ping","sent_ms":-1}', "bad_message"),
        ('{"type":"ping","sent_ms":1e400}', "bad_message"),
        ("[" * 60_000, "bad_message"),
        ('{"a":' * 12_000, "bad_message"),
        ('{"type":"ping","sent_ms":1,"sent":{"deep":[[[[]]]]}}', "bad_message"),
        (json.dumps({"type": "ping", "sent_ms": 1}) + " " * 5_000, "too_large"),
        (b'{"type":"ping","sent_ms":1}', "bad_message"),
        ('{"type":"offer","connection":1,"sdp":"' + "x" * 262_145 + '"}', "bad_message"),
        ('{"type":"hello","version":1,"lesson":"lesson-1"}', "bad_message"),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_P4_a_bad_frame_is_refused_and_the_socket_stays(hub: Any, serve: Any, frame: Any, code: str) -> None:
    ws = await _join(await serve(hub))
    await ws.send(frame)
    assert (await _next(ws, "refused"))["code"] == code
    await ws.send('{"type":"ping","sent_ms":1}')
    assert (await _next(ws, "pong"))["sent_ms"] == 1
    await ws.close()


async def test_P4_many_bad_frames_end_the_socket_and_nobody_else_notices(hub: Any, serve: Any) -> None:
    url = await serve(hub)
    bad, good = await _join(url, "room-1"), await _join(url, "staff-1")
    for _ in range(40):
        await bad.send("junk")
    goodbye, _ = await _end(bad)
    assert goodbye == {"type": "goodbye", "code": "bad_message", "retry": True}
    await good.send('{"type":"ping","sent_ms":7}')
    assert (await _next(good, "pong"))["sent_ms"] == 7
    await good.close()


async def test_P3_a_frame_over_the_limit_of_all_ends_the_socket(hub: Any, serve: Any) -> None:
    ws = await _join(await serve(hub))
    with contextlib.suppress(ConnectionClosed):
        await ws.send("x" * 400_000)
    async with asyncio.timeout(20):
        await ws.wait_closed()
    assert ws.close_code == 1009
    await hub.until(lambda: not hub.lines)


async def test_P5_refusals_name_the_message_and_its_operation(hub: Any, serve: Any) -> None:
    ws = await _join(await serve(hub), "room-1")
    stroke = {"type": "draw_stroke", "id": "stroke-1", "page": 1, "colour": "#000000", "width": 40, "points": [1, 2, 3]}
    await ws.send(json.dumps(stroke))
    refused = await _next(ws, "refused")
    assert refused == {"type": "refused", "code": "not_allowed", "of": "draw_stroke", "detail": "", "id": "stroke-1"}
    await ws.close()


async def test_P6_too_many_messages_are_refused_expendable_ones_are_dropped(hub: Any, serve: Any) -> None:
    ws = await _join(await serve(hub))
    for number in range(80):
        await ws.send(json.dumps({"type": "ping", "sent_ms": number}))
    assert (await _next(ws, "refused"))["code"] == "too_fast"
    for number in range(400):
        await ws.send(json.dumps({"type": "level", "value": number % 100}))
    stroke = {"type": "draw_stroke", "id": "stroke-1", "page": 1, "colour": "#000000", "width": 40, "points": [1, 2, 3]}
    await ws.send(json.dumps(stroke))
    assert (await _next(ws, "event"))["event"]["id"] == "stroke-1"
    assert 200 <= hub.received_types.count("level") < 400
    await ws.close()


async def test_P6_strokes_over_the_limit_wait_and_none_is_lost(hub: Any, serve: Any) -> None:
    ws = await _join(await serve(hub))
    for number in range(230):
        stroke = {"type": "draw_stroke", "id": f"stroke-{number:03d}", "page": 1}
        await ws.send(json.dumps(stroke | {"colour": "#000000", "width": 40, "points": [1, 2, 3]}))
    drawn = [(await _next(ws, "event"))["event"]["id"] for _ in range(230)]
    assert drawn == [f"stroke-{number:03d}" for number in range(230)]
    await ws.close()


async def test_P7_a_fault_of_ours_ends_one_socket_with_a_goodbye(hub: Any, serve: Any) -> None:
    url = await serve(hub)
    ws, other = await _join(url, "room-1"), await _join(url, "staff-1")
    hub.fails = True
    await ws.send('{"type":"hand","up":true}')
    goodbye, code = await _end(ws)
    assert (goodbye["code"], goodbye["retry"], code) == ("internal", True, 1011)
    hub.fails = False
    await other.send('{"type":"ping","sent_ms":1}')
    await _next(other, "pong")
    await other.close()


async def test_P8_a_second_socket_of_the_same_participant_replaces_the_first(hub: Any, serve: Any) -> None:
    url = await serve(hub)
    first = await _join(url, "room-1")
    second = await _join(url, "room-1")
    goodbye, code = await _end(first)
    assert (goodbye["code"], goodbye["retry"], code) == ("replaced", False, 4001)
    await second.send('{"type":"ping","sent_ms":1}')
    await _next(second, "pong")
    assert hub.room.present == ["room-1"]
    await second.close()


async def test_P60_a_client_that_stops_reading_is_cut_and_delays_nobody(hub: Any, serve: Any) -> None:
    url = await serve(hub)
    lead = await _join(url, "staff-1")
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    host, port = url.removeprefix("ws://").removesuffix("/ws").split(":")
    await asyncio.get_running_loop().sock_connect(raw, (host, int(port)))
    stalled = await _open(url, "room-1", sock=raw)
    await stalled.send(json.dumps(HELLO))
    stalled.transport.pause_reading()
    await hub.until(lambda: "room-1" in hub.room.present)
    stroke = {"type": "draw_stroke", "page": 1, "colour": "#000000", "width": 40, "points": [1234, 4321, 128] * 1_900}
    number = 0
    while hub.lines["room-1"].closing is None:
        number += 1
        await lead.send(json.dumps(stroke | {"id": f"stroke-{number:05d}"}))
        while (await _next(lead, "event"))["event"].get("id") != f"stroke-{number:05d}":
            pass
        assert number < 150, "the stalled client was never cut"
    assert hub.lines["room-1"].closing == "stalled"
    await hub.until(lambda: hub.room.present == ["staff-1"])
    await lead.close()
    stalled.transport.abort()


async def test_P61_a_client_that_reads_and_does_not_acknowledge_is_cut(
    hub: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.ws.connection.ACK_LAG_S", 0.3)
    monkeypatch.setattr("signaling.ws.connection.WATCH_EVERY_S", 0.05)
    ws = await _join(await serve(hub))
    goodbye, code = await _end(ws)
    assert (goodbye["code"], goodbye["retry"], code) == ("stalled", True, 4008)


async def test_P62_who_answers_nothing_is_lost_and_who_is_only_quiet_stays(
    hub: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.ws.connection.WATCH_EVERY_S", 0.05)
    monkeypatch.setattr("signaling.ws.server_socket.PING_AFTER_MS", 150)
    monkeypatch.setattr("signaling.ws.server_socket.LOST_AFTER_MS", 1_500)
    url = await serve(hub)
    quiet, dead = await _join(url), await _join(url, "room-1")
    dead.transport.pause_reading()
    await hub.until(lambda: "room-1" not in hub.lines)
    assert hub.log[-1].event.participant == "room-1"
    assert hub.lines["staff-1"].closing is None, "silent for longer, but answers pings (RFC 6455, section 5.5.2)"
    await quiet.close()
