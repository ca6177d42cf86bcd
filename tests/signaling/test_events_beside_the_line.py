"""P64: numbered events come beside the WebSocket too; each is taken once and in its turn."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.media.courier import Courier, Line
from signaling.codec import encode
from signaling.messages import VERSION, HandChanged, Hello, Logged, Pong, Snapshot
from signaling.packing import deflated
from signaling.ws.client import SignalingClient
from signaling.ws.early import EARLY_AT_MOST, Early, events_of


def event(number: int) -> Logged:
    return Logged(number=number, at=0, by="room-1", event=HandChanged(participant="room-1", up=number % 2 == 0))


def test_P64_what_the_courier_sends_is_read() -> None:
    courier = Courier()
    courier.line(Line(weak=True))
    for number in (4, 5, 6):
        courier.note(number, encode(event(number)), 1.0)
    taken = courier.take(1.0)
    assert taken is not None
    assert events_of(taken[1]) == [event(4), event(5), event(6)]


@given(st.binary(max_size=60))
def test_P64_nonsense_is_no_event(message: bytes) -> None:
    assert events_of(message) == []
    assert events_of(deflated(message)) == []


def test_P64_nothing_but_events_is_taken_from_there() -> None:
    assert events_of(deflated(encode(Pong(sent_ms=1, now_ms=2)) + b"\n" + encode(event(3)))) == [event(3)]


@given(st.permutations(range(1, 12)))
def test_P64_each_event_waits_for_its_turn(order: list[int]) -> None:
    early, held, taken = Early(), 0, []
    for number in [*order, *order]:
        early.keep(event(number), held)
        while (following := early.after(held)) is not None:
            held = following.number
            taken.append(held)
    assert taken == list(range(1, 12))


def test_P64_what_is_far_ahead_is_left_to_the_line() -> None:
    early = Early()
    early.keep(event(EARLY_AT_MOST + 1), 0)
    early.keep(event(EARLY_AT_MOST), 0)
    assert early.after(EARLY_AT_MOST) is None
    early.keep(event(EARLY_AT_MOST), 0)
    assert early.after(EARLY_AT_MOST - 1) == event(EARLY_AT_MOST)


async def test_P64_events_are_taken_while_the_line_is_down_too_but_none_before_the_lesson_is_known() -> None:
    fresh = SignalingClient("ws://127.0.0.1:9/ws", "staff-1", Hello(version=VERSION, lesson="lesson-1"))
    fresh.beside(deflated(encode(event(1))))
    assert fresh._inbox.empty()
    cut = SignalingClient("ws://127.0.0.1:9/ws", "staff-1", Hello(version=VERSION, lesson="lesson-1", after=5))
    for number in (7, 6, 6):
        cut.beside(deflated(encode(event(number))))
    assert [cut._inbox.get_nowait(), cut._inbox.get_nowait(), cut._inbox.empty()] == [event(6), event(7), True]


async def test_P64_a_client_takes_an_event_once_whichever_way_brings_it_first(hub: Any, serve: Any) -> None:
    url = await serve(hub)
    numbers: list[int] = []
    came = asyncio.Event()

    async def read(client: SignalingClient) -> None:
        async for message in client:
            if isinstance(message, Snapshot):
                numbers.append(message.state.number)
            if isinstance(message, Logged):
                numbers.append(message.number)
            came.set()

    async def until(count: int) -> None:
        async with asyncio.timeout(20):
            while len(numbers) < count:
                came.clear()
                await came.wait()

    async with SignalingClient(url, "staff-1", Hello(version=VERSION, lesson="lesson-1")) as client:
        reading = asyncio.create_task(read(client))
        await until(1)
        first = hub.room.number + 1
        for number in (first + 1, first, first + 1):
            client.beside(deflated(encode(event(number))))
        await until(3)
        assert numbers[1:] == [first, first + 1]
        client.beside(deflated(encode(event(first + 3))))
        for number in range(first, first + 5):
            hub.lines["staff-1"].send(event(number))
        await until(6)
        assert numbers[1:] == list(range(first, first + 5))
        reading.cancel()
