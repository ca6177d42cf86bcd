"""Whole connections over real sockets, with aiortc at the other end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack
from av import VideoFrame

from server.media.plane import EventKind
from server.media.server import MediaConfig, MediaServer
from tests.server.media.aiortc_clients import AiortcClient

pytestmark = pytest.mark.media


class GreyTrack(VideoStreamTrack):
    """A picture of one grey, ten times a second."""

    def __init__(self, grey: int) -> None:
        super().__init__()
        self.picture = np.full((96, 128, 3), grey, np.uint8)
        self.count = 0

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(0.1)
        frame = VideoFrame.from_ndarray(self.picture, format="rgb24")
        frame.pts, frame.time_base = self.count * 9000, Fraction(1, 90_000)
        self.count += 1
        return frame


class Stage:
    """A server, its events, and clients that are closed at the end."""

    def __init__(
        self, server: MediaServer, events: asyncio.Queue[tuple[Any, ...]], stack: contextlib.AsyncExitStack
    ) -> None:
        self.server, self.events, self.stack = server, events, stack

    async def join(self, client: AiortcClient) -> Any:
        connection = self.server.offer(await client.offer())
        self.stack.push_async_callback(client.close)
        return connection

    async def started(self, source: int) -> None:
        async with asyncio.timeout(15):
            while True:
                kind, _, ints = await self.events.get()
                if kind is EventKind.SOURCE_STARTED and ints["source"] == source:
                    return


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    events: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
    server = MediaServer(MediaConfig(port=0), lambda kind, peer, **ints: events.put_nowait((kind, peer, ints)))
    await server.start()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(server.close)
        yield Stage(server, events, stack)


async def grey_of(track: MediaStreamTrack, wanted: int) -> None:
    """Waits until the track shows a picture of about this grey."""
    async with asyncio.timeout(20):
        while True:
            frame = await track.recv()
            assert isinstance(frame, VideoFrame)
            if abs(int(frame.to_ndarray(format="gray")[48, 64]) - wanted) < 20:
                return


async def test_pictures_and_sound_reach_the_slots_and_follow_switches(stage: Stage) -> None:
    one, two, viewer = (
        AiortcClient(AudioStreamTrack(), GreyTrack(60)),
        AiortcClient(None, GreyTrack(200)),
        AiortcClient(),
    )
    dark, bright, seen = [await stage.join(client) for client in (one, two, viewer)]
    server = stage.server
    server.show(seen.id, 2, "video", dark.sources["camera", ""])
    server.show(seen.id, 2, "audio", dark.sources["microphone", ""])
    await asyncio.gather(*(c.accept(a.answer) for c, a in ((one, dark), (two, bright), (viewer, seen))))
    await grey_of(viewer.slots[2][1], 60)
    async with asyncio.timeout(15):
        assert (await viewer.slots[2][0].recv()).sample_rate == 48_000
    for connection, grey in ((bright, 200), (dark, 60), (bright, 200)):
        server.show(seen.id, 2, "video", connection.sources["camera", ""])
        await grey_of(viewer.slots[2][1], grey)
    assert server.plane.stats().dropped == {}


async def test_a_source_that_is_gone_empties_the_slot_and_a_closed_connection_says_goodbye(stage: Stage) -> None:
    sender, viewer = AiortcClient(None, GreyTrack(60)), AiortcClient()
    sending, seen = await stage.join(sender), await stage.join(viewer)
    await asyncio.gather(sender.accept(sending.answer), viewer.accept(seen.answer))
    await stage.started(sending.sources["camera", ""])
    reasons: list[str] = []
    sending.on_closed = reasons.append
    states: asyncio.Queue[str] = asyncio.Queue()
    sender.peer.on("connectionstatechange", lambda: states.put_nowait(sender.peer.connectionState))
    stage.server.close_connection(sending.id)
    stage.server.close_connection(sending.id)
    assert reasons == ["closed"]
    stage.server.show(seen.id, 0, "video", sending.sources["camera", ""])
    with pytest.raises(KeyError):
        stage.server.show(sending.id, 0, "video", None)
    async with asyncio.timeout(10):
        while await states.get() != "closed":
            pass


async def test_a_client_that_closes_is_gone_at_once(stage: Stage) -> None:
    client = AiortcClient()
    connection = await stage.join(client)
    reasons: asyncio.Queue[str] = asyncio.Queue()
    connection.on_closed = reasons.put_nowait
    await client.accept(connection.answer)
    await client.close()
    async with asyncio.timeout(10):
        assert await reasons.get() == "left"


async def test_a_client_whose_certificate_is_not_the_signaled_one_gets_no_keys(stage: Stage) -> None:
    client = AiortcClient(AudioStreamTrack())
    sdp = await client.offer()
    stage.stack.push_async_callback(client.close)
    rows = [row for row in sdp.split("\r\n") if "fingerprint:sha-384" not in row and "fingerprint:sha-512" not in row]
    forged = [f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}" if "fingerprint:" in row else row for row in rows]
    connection = stage.server.offer("\r\n".join(forged))
    reasons: asyncio.Queue[str] = asyncio.Queue()
    connection.on_closed = reasons.put_nowait
    accepting = asyncio.ensure_future(client.accept(connection.answer))
    async with asyncio.timeout(15):
        assert await reasons.get() == "failed"
    accepting.cancel()
    assert stage.server.plane.stats().packets_in == 0


async def test_a_participant_is_replaced_by_a_new_connection_without_a_gap(stage: Stage) -> None:
    """Make before break: the viewer's slot moves to the new connection's source while the old one still sends."""
    viewer, before, after = AiortcClient(), AiortcClient(None, GreyTrack(60)), AiortcClient(None, GreyTrack(200))
    seen, first = await stage.join(viewer), await stage.join(before)
    await asyncio.gather(viewer.accept(seen.answer), before.accept(first.answer))
    stage.server.show(seen.id, 0, "video", first.sources["camera", ""])
    await grey_of(viewer.slots[0][1], 60)
    second = await stage.join(after)
    await after.accept(second.answer)
    stage.server.show(seen.id, 0, "video", second.sources["camera", ""])
    await grey_of(viewer.slots[0][1], 200)
    stage.server.close_connection(first.id)
    await grey_of(viewer.slots[0][1], 200)
