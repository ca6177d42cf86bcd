"""Row 2: a 720p stream to subscribers by our plane and by aiortc's MediaRelay, which decodes it and encodes it anew."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Final

import av
from aiortc import RTCPeerConnection, RTCRtpSender, RTCRtpTransceiver
from aiortc.contrib.media import MediaPlayer

from bench import peers
from bench.harness import Figure, Row, cpu_s, median
from bench.plane_client import CAMERA, Plane

CLIP: Final = Path(__file__).parents[1] / "tests/footage/bigbuckbunny.mp4"
ADDRESS: Final = "127.0.0.1"
SUBSCRIBERS: Final = 3
REPETITIONS: Final = 5
SECONDS: Final = 4.0
SETTLE_S: Final = 3.0
FRAMES_PER_S: Final = 25
FRAMES: Final = 200
TIMES: Final = 5
"""The clip this often: it must last to the end. aiortc's player does not wait for any frame once it begins again."""

ROWS = (Row("aiortc MediaRelay's CPU per subscriber over ours, the same 720p stream", "ratio", ">=", 50.0),)


async def measure() -> dict[str, Figure]:
    """Both run at once, each fed by its own player of the same file."""
    peers.prepare(ADDRESS)
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.ts"
        await asyncio.to_thread(_encode, film)
        plane, relay = await Plane.start(ADDRESS), await _start_relay()
        keep = [await _through_plane(plane, film), await _through_relay(relay, film)]
        await asyncio.sleep(SETTLE_S)
        ours, theirs = [], []
        for _ in range(REPETITIONS):
            sent = (await plane.ask(do="stats"))["out"]
            before = cpu_s(plane.pid), cpu_s(relay.pid)
            await asyncio.sleep(SECONDS)
            ours.append((cpu_s(plane.pid) - before[0]) / SECONDS / SUBSCRIBERS)
            theirs.append((cpu_s(relay.pid) - before[1]) / SECONDS / SUBSCRIBERS)
            stats = await plane.ask(do="stats")
            if stats["out"] - sent < SUBSCRIBERS * SECONDS * FRAMES_PER_S:
                raise RuntimeError("the film was over before the measuring")
        relay.terminate()
        await relay.wait()
        await plane.stop()
        del keep
    ratios = [a / b for a, b in zip(theirs, ours, strict=True)]
    notes: dict[str, float | str] = {
        "our_core_pct_per_subscriber": round(100 * median(ours), 3),
        "our_packets_out": stats["out"],
    }
    return {ROWS[0].name: Figure(median(ratios), ratios, control=100 * median(theirs), notes=notes)}


def _encode(film: Path) -> None:
    """The clip as 720p H.264 of 1.5 Mbit/s with a keyframe a second, and one slice a frame, as browsers send it."""
    with av.open(str(CLIP)) as clip, av.open(str(film), "w") as out:
        track = out.add_stream("libx264", rate=FRAMES_PER_S)
        track.width, track.height, track.pix_fmt, track.bit_rate = 1280, 720, "yuv420p", 1_500_000
        track.options = {"profile": "baseline", "preset": "ultrafast", "g": "25", "bf": "0", "threads": "1"}
        frames = [frame.reformat(1280, 720, "yuv420p") for frame in islice(clip.decode(video=0), FRAMES)]
        for number, frame in enumerate(frames * TIMES):
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_S)
            out.mux(track.encode(frame))
        out.mux(track.encode(None))


def _play(film: Path) -> tuple[MediaPlayer, object]:
    player = MediaPlayer(str(film), decode=False)
    return player, player.video


def _prefer_h264(transceiver: RTCRtpTransceiver) -> None:
    codecs = RTCRtpSender.getCapabilities("video").codecs
    transceiver.setCodecPreferences([one for one in codecs if one.mimeType in ("video/H264", "video/rtx")])


async def _through_plane(plane: Plane, film: Path) -> object:
    player, track = _play(film)
    peer = peers.participant()
    camera = peer.getTransceivers()[CAMERA]
    camera.sender.replaceTrack(track)
    del camera.sender.send
    _prefer_h264(camera)
    told = await plane.ask(do="offer", sdp=await peers.offer(peer))
    await peers.accept(peer, told["answer"])
    members = [await plane.join() for _ in range(SUBSCRIBERS)]
    for member in members:
        await plane.ask(do="show", id=member.id, slot=0, kind="video", source=told["sources"]["camera/"])
    return player, peer, members


async def _start_relay() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.relay_process", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )  # fmt: skip


async def _through_relay(relay: asyncio.subprocess.Process, film: Path) -> object:
    player, track = _play(film)
    publisher = peers.new_peer()
    publisher.addTrack(track)
    _prefer_h264(publisher.getTransceivers()[0])
    await _negotiate(relay, publisher)
    subscribers = []
    for _ in range(SUBSCRIBERS):
        subscriber = peers.new_peer()
        subscriber.addTransceiver("video", direction="recvonly")
        peers.silence(subscriber)
        await _negotiate(relay, subscriber)
        subscribers.append(subscriber)
    return player, publisher, subscribers


async def _negotiate(relay: asyncio.subprocess.Process, peer: RTCPeerConnection) -> None:
    assert relay.stdin is not None
    assert relay.stdout is not None
    relay.stdin.write(json.dumps(await peers.offer(peer)).encode() + b"\n")
    await peers.accept(peer, json.loads(await relay.stdout.readline()))
