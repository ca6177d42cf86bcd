"""P65: acts come beside the WebSocket too; each is taken once, in its turn, and within the limits of the WebSocket."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect

from signaling.codec import encode
from signaling.errors import BadMessage, SignalingError
from signaling.messages import DrawStroke, FromClient, Hand, Ping, Undo
from signaling.packing import deflated
from signaling.ws.intake import BESIDE_AT_ONCE
from signaling.ws.order import ACT_BYTES, AHEAD_AT_MOST, EARLY_AT_MOST, LARGEST_BYTES, Order, act_of, read_beside

MARK = 77


def stroke(number: int) -> DrawStroke:
    return DrawStroke(id=f"0123456789abcdef-{number}", page=1, colour="#000000", width=40, points=[1, 2, 3])


def beside(*placed: tuple[int, FromClient], mark: int = MARK) -> bytes:
    return b"\n".join([str(mark).encode(), *(b"%d %s" % (place, encode(act)) for place, act in placed)])


# --- the order -----------------------------------------------------------------------------------------------------


@given(st.integers(0, 40), st.randoms(), st.floats(0, 1))
def test_P65_each_act_is_taken_once_and_in_order_whatever_comes_first(
    count: int, chance: random.Random, lost: float
) -> None:
    """The WebSocket brings all, in order, at any time; from beside they come in no order, twice, or never."""
    acts = [stroke(number) if number % 3 else Hand(up=number % 2 == 0) for number in range(1, count + 1)]
    told = [place for place in range(1, count + 1) for _ in range(2) if chance.random() > lost]
    chance.shuffle(told)
    steps = [True] * count + [False] * len(told)
    chance.shuffle(steps)
    order, taken, came = Order(), [], iter(acts)
    for by_line in steps:
        if by_line:
            act = next(came)
            if order.came(act):
                taken.append(act)
        else:
            place = told.pop()
            if order.wants(place):
                order.keep(place, acts[place - 1])
        while (following := order.take_next()) is not None:
            taken.append(following)
    assert taken == acts


def test_P65_what_is_far_ahead_or_was_taken_is_not_wanted() -> None:
    order = Order()
    assert [order.wants(place) for place in (0, 1, EARLY_AT_MOST, EARLY_AT_MOST + 1)] == [False, True, True, False]
    assert order.came(stroke(1))
    assert not order.wants(1)


def test_P65_only_so_many_are_taken_before_the_websocket_brings_them() -> None:
    order = Order()
    for place in range(1, AHEAD_AT_MOST + 10):
        order.keep(place, stroke(place))
        order.take_next()
    assert not order.next_waits()
    assert not order.came(stroke(1))
    assert order.take_next() == stroke(AHEAD_AT_MOST + 1)


def test_P65_where_the_two_ways_tell_different_acts_the_websocket_alone_counts() -> None:
    order = Order()
    for place in (1, 2):
        order.keep(place, stroke(place))
        assert order.take_next() == stroke(place)
    assert [order.came(act) for act in (stroke(7), stroke(2), stroke(3))] == [True, True, True]
    assert not order.wants(4)


def test_P65_what_comes_beside_says_of_which_connection_and_where_each_act_has_its_place() -> None:
    told = beside((3, stroke(1)), (4, Hand(up=True)))
    placed = [(3, encode(stroke(1))), (4, encode(Hand(up=True)))]
    assert read_beside(told, packed=False) == read_beside(deflated(told), packed=True) == (MARK, placed)
    assert act_of(placed[0][1]) == stroke(1)


@pytest.mark.parametrize(
    "message",
    [
        b"", b"77", b"77\n", b"x\n1 {}", b"77\n1{}", b"77\n-1 {}", b"77\n12345678901 {}", b"\xb2\n1 {}",
        b"77" + b"\n1 {}" * (EARLY_AT_MOST + 1),
    ],
)  # fmt: skip
def test_P65_what_is_none_is_bad(message: bytes) -> None:
    with pytest.raises(BadMessage):
        read_beside(message, packed=False)


def test_P65_what_unfolds_without_end_is_bad() -> None:
    with pytest.raises(BadMessage):
        read_beside(deflated(b"77\n1 " + bytes(LARGEST_BYTES)), packed=True)


@pytest.mark.parametrize(
    "frame",
    [
        b"", b"{", encode(Ping(sent_ms=1)), encode(stroke(1)) + b" " * ACT_BYTES,
        encode(Undo(id="0123456789abcdef-1")) + b" " * 1_024, b'{"type":"hello","version":1,"lesson":"lesson-1"}',
    ],
)  # fmt: skip
def test_P65_only_acts_within_the_limits_of_their_kind_come_beside(frame: bytes) -> None:
    with pytest.raises(SignalingError):
        act_of(frame)


@given(st.binary(max_size=60), st.booleans())
def test_P65_nonsense_is_a_bad_message_and_no_other_error(message: bytes, packed: bool) -> None:
    for told in (message, deflated(message), b"77\n1 " + message):
        try:
            _, frames = read_beside(told, packed=packed)
            for _, frame in frames:
                act_of(frame)
        except SignalingError:
            pass


# --- with a WebSocket ----------------------------------------------------------------------------------------------


async def join(url: str, who: str = "staff-1", mark: int = MARK) -> ClientConnection:
    ws = await connect(url, additional_headers={"Authorization": f"Bearer {who}"}, proxy=None, compression=None)
    await ws.send(json.dumps({"type": "hello", "version": 1, "lesson": "lesson-1", "edition": 4, "beside": mark}))
    await hears(ws, "view")
    return ws


async def hears(ws: ClientConnection, *types: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            message: dict[str, Any] = json.loads(await ws.recv())
            if message["type"] in types:
                return message


async def drawn(ws: ClientConnection) -> str:
    while True:
        event = (await hears(ws, "event", "refused")).get("event", {"type": "refused"})
        if event["type"] in ("stroke_drawn", "refused"):
            return str(event.get("id", event["type"]))


async def test_P65_an_act_that_came_beside_first_is_done_once(hub: Any, serve: Any) -> None:
    ws = await join(await serve(hub))
    line = hub.lines["staff-1"]
    assert line.came_beside(deflated(beside((2, stroke(2)))), True)
    assert line.came_beside(beside((1, stroke(1)), (2, stroke(2))), False)
    assert [await drawn(ws), await drawn(ws)] == [stroke(1).id, stroke(2).id]
    for number in (1, 2, 3):
        await ws.send(encode(stroke(number)).decode())
    assert await drawn(ws) == stroke(3).id, "and no refusal of those before"
    assert hub.received_types.count("draw_stroke") == 3
    await ws.close()


async def test_P65_what_belongs_to_a_connection_before_or_was_not_announced_is_left(hub: Any, serve: Any) -> None:
    url = await serve(hub)
    ws = await join(url)
    before = hub.lines["staff-1"]
    assert before.came_beside(beside((1, stroke(1)), mark=MARK + 1), False), "nobody's fault"
    await ws.send(encode(stroke(2)).decode())
    assert await drawn(ws) == stroke(2).id
    await ws.close()
    await hub.until(lambda: not hub.lines)
    silent = await join(url, mark=0)
    assert not hub.lines["staff-1"].came_beside(beside((1, stroke(3)), mark=0), False)
    await silent.send(encode(stroke(4)).decode())
    assert await drawn(silent) == stroke(4).id
    await silent.close()


async def test_P65_who_may_not_is_refused_from_beside_as_well(hub: Any, serve: Any) -> None:
    ws = await join(await serve(hub), "room-1")
    hub.lines["room-1"].came_beside(beside((1, stroke(1))), False)
    assert (await hears(ws, "refused"))["code"] == "not_allowed"
    await ws.close()


async def test_P65_only_so_many_messages_from_beside_are_looked_at(hub: Any, serve: Any) -> None:
    ws = await join(await serve(hub), "room-1")
    line, other = hub.lines["room-1"], beside((1, stroke(1)), mark=MARK + 1)
    looked_at = [line.came_beside(other, False) for _ in range(5 * BESIDE_AT_ONCE)]
    assert BESIDE_AT_ONCE <= looked_at.count(True) <= BESIDE_AT_ONCE + 10
    assert not line.came_beside(b"junk", False)
    assert line.closing is None
    await ws.close()


async def test_P65_acts_from_beside_use_up_the_allowance_of_the_websocket(hub: Any, serve: Any) -> None:
    ws = await join(await serve(hub))
    acts = [Hand(up=False, participant="room-1")] * EARLY_AT_MOST
    hub.lines["staff-1"].came_beside(beside(*enumerate(acts, 1)), False)
    while (await hears(ws, "refused"))["code"] != "too_fast":
        pass
    assert hub.received_types.count("hand") < EARLY_AT_MOST
    await ws.send(encode(Ping(sent_ms=1)).decode())
    while (await hears(ws, "refused"))["of"] != "ping":
        pass
    await ws.close()


async def test_P65_strokes_from_beside_wait_for_the_allowance_and_none_is_lost(hub: Any, serve: Any) -> None:
    ws = await join(await serve(hub))
    line, began = hub.lines["staff-1"], asyncio.get_running_loop().time()
    for number in range(1, 241):
        line.came_beside(beside((number, stroke(number))), False)
        await asyncio.sleep(0.02 if number > BESIDE_AT_ONCE and number % 2 else 0)
        if number > BESIDE_AT_ONCE:
            await ws.send(encode(stroke(number - BESIDE_AT_ONCE)).decode())
    for number in range(241 - BESIDE_AT_ONCE, 241):
        await ws.send(encode(stroke(number)).decode())
    assert [await drawn(ws) for _ in range(240)] == [stroke(number).id for number in range(1, 241)]
    assert asyncio.get_running_loop().time() - began > (240 - 200) / 60
    assert hub.received_types.count("draw_stroke") == 240
    await ws.close()


async def test_P65_a_fault_of_ours_ends_that_socket_alone(hub: Any, serve: Any) -> None:
    ws = await join(await serve(hub))
    hub.fails = True
    hub.lines["staff-1"].came_beside(beside((1, stroke(1))), False)
    assert (await hears(ws, "goodbye"))["code"] == "internal"
    await ws.close()
