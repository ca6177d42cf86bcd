"""Captures what Chromium's camera sends to our server, once: `python -m bench.capture`; the result is committed.

Sizes are those of RTP packets on the wire without the 16 bytes that GCM adds, times those of their arrival. The camera
is the excerpt of Big Buck Bunny that the tests use too (tests/footage/README.md).
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import av
from playwright.async_api import async_playwright

from bench.browser import CHROMIUM, FLAGS
from bench.load.scripts import CAPTURED
from server.media.server import MediaConfig, MediaServer
from server.media.srtp import PacketBuffer

CLIP: Final = Path(__file__).parents[1] / "tests/footage/bigbuckbunny.mp4"
SETTLE_S: Final = 12.0
SECONDS: Final = 8.0
GCM_TAG: Final = 16
FRAME_GAP_US: Final = 8_000
FRAMES: Final = 200

PAGE: Final = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720 } });
  const peer = window.peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const sendEncodings = [{ rid: 'q', scaleResolutionDownBy: 4 }, { rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }];
  const [microphone] = stream.getAudioTracks(), [camera] = stream.getVideoTracks();
  for (const kind of [microphone, 'audio', 'audio']) peer.addTransceiver(kind, { direction: 'sendonly' });
  peer.addTransceiver(camera, { direction: 'sendonly', sendEncodings });
  peer.addTransceiver('video', { direction: 'sendonly', sendEncodings });
  peer.addTransceiver('video', { direction: 'sendonly' });
  for (let slot = 0; slot < 6; slot++)
    for (const kind of ['audio', 'video']) peer.addTransceiver(kind, { direction: 'recvonly' });
  await peer.setLocalDescription(await peer.createOffer());
  return peer.localDescription.sdp;
}"""


class Eavesdropper:
    """Notes size and arrival of every RTP packet before the plane handles it."""

    def __init__(self, media: MediaServer) -> None:
        self._handle = media.plane.receive
        self.packets: list[tuple[int, int, int]] = []
        media.plane.receive = self._receive  # type: ignore[method-assign]

    def _receive(self, sizes: Sequence[int], flows: Sequence[int], buffer: PacketBuffer, stride: int) -> None:
        now_us = int(asyncio.get_running_loop().time() * 1e6)
        for at, size in enumerate(sizes):
            head = bytes(buffer.view[at * stride : at * stride + 12])
            if head[0] >> 6 == 2 and not 192 <= head[1] <= 223:
                self.packets.append((now_us, int.from_bytes(head[8:12], "big"), size - GCM_TAG))
        self._handle(sizes, flows, buffer, stride)


def _frames(packets: list[tuple[int, int]]) -> dict[str, Any]:
    """Packets that follow each other closely are one frame."""
    first_us, frames, last_us = packets[0][0], [], -FRAME_GAP_US * 2
    for at_us, size in packets:
        if at_us - last_us > FRAME_GAP_US:
            frames.append({"at_us": at_us - first_us, "sizes": []})
        frames[-1]["sizes"].append(size)
        last_us = at_us
    mean_us = (packets[-1][0] - first_us) // max(1, len(frames) - 1)
    return {"period_us": frames[-1]["at_us"] + mean_us, "frames": frames}


def _enlarge(to: Path) -> None:
    """The clip in 720p, uncompressed, as Chromium's fake camera reads it (YUV4MPEG2)."""
    with av.open(str(CLIP)) as clip, to.open("wb") as out:
        out.write(b"YUV4MPEG2 W1280 H720 F25:1 Ip A1:1 C420jpeg\n")
        for frame in islice(clip.decode(video=0), FRAMES):
            out.write(b"FRAME\n" + frame.reformat(1280, 720, "yuv420p").to_ndarray().tobytes())


async def main() -> None:
    """Writes bench/data/chromium_camera.json."""
    media = MediaServer(MediaConfig(port=0), lambda *_, **__: None)
    await media.start()
    heard = Eavesdropper(media)
    with tempfile.TemporaryDirectory() as folder:
        camera = Path(folder) / "camera.y4m"
        _enlarge(camera)
        async with async_playwright() as playwright:
            flags = [*FLAGS, f"--use-file-for-fake-video-capture={camera}"]
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
            page = await browser.new_page()
            await page.route("**/*", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
            await page.goto("http://localhost/")
            connection = media.offer(await page.evaluate(PAGE))
            await page.evaluate("sdp => window.peer.setRemoteDescription({ type: 'answer', sdp })", connection.answer)
            await asyncio.sleep(SETTLE_S)
            heard.packets.clear()
            await asyncio.sleep(SECONDS)
            version = browser.version
            layers = {rid: media.plane._sources[connection.sources["camera", rid]].ssrc for rid in ("h", "f")}
            packets = list(heard.packets)
            await browser.close()
    await media.close()
    tracks = {rid: _frames([(at, size) for at, of, size in packets if of == ssrc]) for rid, ssrc in layers.items()}
    CAPTURED.parent.mkdir(exist_ok=True)
    CAPTURED.write_text(json.dumps({"browser": f"Chromium {version}", "layers": tracks}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
