"""The light lines against aiortc's own peer connection, over real sockets."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from classroom_client.peer import Peer
from classroom_client.rehearsal import footage, sei
from classroom_client.rehearsal.book import Book, Whose
from classroom_client.rehearsal.receive_lines import Kind, ReceiveLines
from classroom_client.rehearsal.rtp import Packet
from classroom_client.rehearsal.send_line import SendLine, leave_idle
from classroom_client.rehearsal.speech import CELLS
from classroom_client.rehearsal.watch import Watch

pytestmark = pytest.mark.media
WHOSE = Whose(1, 2)


class Far:
    """The answering end: a plain RTCPeerConnection whose first audio and video line are read by ReceiveLines."""

    def __init__(self, watch: Watch, lose: set[int]) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.watch = watch
        self.lose = lose
        self.passed = 0
        self.lines: ReceiveLines | None = None

    async def answer(self, offer: str) -> str:
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        transceivers = self.pc.getTransceivers()
        pair = (transceivers[0], transceivers[3])
        for transceiver in transceivers:
            transceiver.sender.send = leave_idle
        peer = SimpleNamespace(
            slots=[pair], transport=transceivers[0].receiver.transport, note=lambda data, now_ns: None
        )
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        self.lines = ReceiveLines(peer, self.watch, self.may_pass)
        return self.pc.localDescription.sdp

    def may_pass(self, kind: Kind, packet: Packet) -> bool:
        self.passed += 1
        if kind == "video" and packet.sequence in self.lose:
            self.lose.discard(packet.sequence)
            return False
        return True


async def _send_footage(near: Peer, far: Far, loop: footage.Footage, frames: int) -> None:
    camera = SendLine(near.sends["camera"], 90_000, "test")
    microphone = SendLine(near.sends["microphone"], 48_000, "test")
    for source in ("low_speech", "media_sound", "camera2", "screen"):
        near.sends[source].sender.send = leave_idle
    await near.accept(await far.answer(await near.offer()))
    await asyncio.wait_for(near.connected.wait(), 10)
    while not camera.ready:
        await asyncio.sleep(0.01)
    for serial in range(frames):
        place = serial % footage.FRAMES
        stamp = sei.FrameStamp(*WHOSE, serial, place, time.monotonic_ns())
        camera.send(serial * 4500, footage.payloads(loop.frames[place], stamp))
        for packet in range(serial * 5 // 2, (serial + 1) * 5 // 2):
            microphone.send(packet * 960, [loop.packets[packet % CELLS]])
        await asyncio.sleep(0.005)
        await far.lines.tick()


@pytest.fixture(scope="module")
def loop() -> footage.Footage:
    return footage.encode(*WHOSE)


async def test_every_frame_and_packet_arrives_and_is_recognised(loop: footage.Footage) -> None:
    watch = Watch(Book([(WHOSE, loop)]))
    near, far = Peer(1), Far(watch, set())
    try:
        await _send_footage(near, far, loop, 60)
        while not watch.video_runs or watch.video_runs[0].last_serial < 59:
            await asyncio.sleep(0.01)
    finally:
        await near.close()
        await far.pc.close()
    (run,) = watch.video_runs
    assert (run.whose, run.lost, run.received - 60 + run.first_serial) == (WHOSE, 0, 0)
    assert watch.strays == []
    assert {run.whose for run in watch.audio_runs} == {WHOSE}
    assert sum(run.lost for run in watch.audio_runs) == 0


async def test_a_lost_packet_is_asked_for_again_and_no_frame_is_lost(loop: footage.Footage) -> None:
    watch = Watch(Book([(WHOSE, loop)]))
    near, far = Peer(1), Far(watch, {1012, 1030, 1031})
    try:
        await _send_footage(near, far, loop, 60)
        while not watch.video_runs or watch.video_runs[0].last_serial < 59:
            await far.lines.tick()
            await asyncio.sleep(0.01)
    finally:
        await near.close()
        await far.pc.close()
    assert far.lose == set()
    assert [run.lost for run in watch.video_runs] == [0]
