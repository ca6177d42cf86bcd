"""The media server and a real browser: one offer, simulcast, slots, switches, screen by replaceTrack, TCP."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
from playwright.async_api import Browser, Page, async_playwright

from server.media.connection import Connection
from server.media.plane import EventKind
from server.media.server import MediaConfig, MediaServer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--use-fake-device-for-media-stream=fps=30",
    "--use-fake-ui-for-media-stream",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]

PAGE = """<!doctype html><title>peer</title><script>
const videos = [], audios = [];
let pc, send = [];
function painted(colour, width, height) {
  const canvas = Object.assign(document.createElement('canvas'), {width, height});
  const paper = canvas.getContext('2d');
  let at = 0;
  setInterval(() => { paper.fillStyle = colour; paper.fillRect(0, 0, width, height);
    paper.fillStyle = '#fff'; paper.fillRect(at++ % width, 0, 8, 8); }, 33);
  return canvas.captureStream(30).getVideoTracks()[0];
}
async function offer(publish) {
  pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  pc.renegotiations = 0;
  let mic = 'audio', cam = 'video';
  if (publish) {
    const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 1280, height: 720}});
    [mic] = stream.getAudioTracks(); [cam] = stream.getVideoTracks();
  }
  const sendEncodings = [{rid: 'q', scaleResolutionDownBy: 4}, {rid: 'h', scaleResolutionDownBy: 2}, {rid: 'f'}];
  for (const kind of [mic, 'audio', 'audio']) send.push(pc.addTransceiver(kind, {direction: 'sendonly'}));
  for (const kind of [cam, 'video']) send.push(pc.addTransceiver(kind, {direction: 'sendonly', sendEncodings}));
  send.push(pc.addTransceiver('video', {direction: 'sendonly'}));
  for (let slot = 0; slot < 6; slot++) for (const kind of ['audio', 'video']) {
    const transceiver = pc.addTransceiver(kind, {direction: 'recvonly'});
    const element = document.createElement(kind);
    element.autoplay = true;
    element.srcObject = new MediaStream([transceiver.receiver.track]);
    (kind == 'audio' ? audios : videos).push(element);
  }
  await pc.setLocalDescription(await pc.createOffer());
  pc.onnegotiationneeded = () => pc.renegotiations++;
  return pc.localDescription.sdp;
}
const accept = (sdp) => pc.setRemoteDescription({type: 'answer', sdp});
async function again(sdp) {
  await pc.setLocalDescription(await pc.createOffer());
  await accept(sdp);
}
async function picture(slot, width, height) {
  const video = videos[slot];
  for (;;) {
    if (video.videoWidth == width && video.videoHeight == height) break;
    await new Promise(done => video.requestVideoFrameCallback(done));
  }
}
async function frames(slot, count) {
  for (let n = 0; n < count; n++) await new Promise(done => videos[slot].requestVideoFrameCallback(done));
}
function colour(slot) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 16;
  const paper = canvas.getContext('2d');
  paper.drawImage(videos[slot], 0, 0, 16, 16);
  return [...paper.getImageData(8, 12, 1, 1).data.slice(0, 3)];
}
async function inbound(slot, kind) {
  const receiver = pc.getTransceivers()[6 + 2 * slot + (kind == 'video' ? 1 : 0)].receiver;
  for (const one of (await receiver.getStats()).values()) if (one.type == 'inbound-rtp') {
    const codec = (await receiver.getStats()).get(one.codecId);
    return {...one, mimeType: codec && codec.mimeType};
  }
  return null;
}
async function outbound(line) {
  for (const one of (await send[line].sender.getStats()).values()) if (one.type == 'outbound-rtp') return one;
}
async function arrive(slot, count) {
  const {packetsReceived} = await inbound(slot, 'audio');
  while ((await inbound(slot, 'audio')).packetsReceived < packetsReceived + count)
    await new Promise(done => setTimeout(done, 50));
}
async function sound(slot) {
  for (;;) {
    const stats = await inbound(slot, 'audio');
    if (stats && stats.totalAudioEnergy > 0.001) return stats.totalAudioEnergy;
    await new Promise(done => setTimeout(done, 50));
  }
}
</script>"""


class Lesson:
    """A media server, pages that are peers of it, and events to wait for."""

    def __init__(self, browser: Browser, server: MediaServer, events: asyncio.Queue[tuple[Any, ...]]) -> None:
        self.browser = browser
        self.server = server
        self.events = events
        self.seen: list[tuple[Any, ...]] = []

    async def join(self, *, publish: bool, tcp_only: bool = False) -> tuple[Page, Connection]:
        page = await self.browser.new_page()
        await page.route("**/*", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        await page.goto("http://localhost/")
        connection = self.server.offer(await page.evaluate("publish => offer(publish)", publish))
        connected = asyncio.Event()
        connection.on_connected = connected.set
        rows = connection.answer.split("\r\n")
        if tcp_only:
            rows = [row for row in rows if not (row.startswith("a=candidate") and " udp " in row)]
        await page.evaluate("sdp => accept(sdp)", "\r\n".join(rows))
        async with asyncio.timeout(15):
            await connected.wait()
        return page, connection

    async def wait(self, kind: EventKind, **wanted: int) -> None:
        async with asyncio.timeout(20):
            while not any(k == kind and wanted.items() <= ints.items() for k, _, ints in self.seen):
                self.seen.append(await self.events.get())


@pytest.fixture
async def lesson() -> AsyncIterator[Lesson]:
    events: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
    server = MediaServer(MediaConfig(port=0), lambda kind, peer, **ints: events.put_nowait((kind, peer, ints)))
    await server.start()
    async with async_playwright() as playwright, contextlib.AsyncExitStack() as stack:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        stack.push_async_callback(server.close)
        stack.push_async_callback(browser.close)
        yield Lesson(browser, server, events)


async def test_one_offer_carries_simulcast_slots_switches_and_screen(lesson: Lesson) -> None:
    teacher, sending = await lesson.join(publish=True)
    classroom, receiving = await lesson.join(publish=False)
    server = lesson.server
    camera = {rid: sending.sources["camera", rid] for rid in ("q", "h", "f")}
    for source in camera.values():
        await lesson.wait(EventKind.SOURCE_STARTED, source=source)

    server.show(receiving.id, 0, "video", camera["f"])
    server.show(receiving.id, 0, "audio", sending.sources["microphone", ""])
    await classroom.evaluate("picture(0, 1280, 720)")
    assert await classroom.evaluate("sound(0)") > 0
    stats = await classroom.evaluate("inbound(0, 'video')")
    assert stats["mimeType"] == "video/H264"

    for rid, size in (("q", (320, 180)), ("h", (640, 360)), ("f", (1280, 720)), ("q", (320, 180))):
        server.show(receiving.id, 0, "video", camera[rid])
        await classroom.evaluate("([w, h]) => picture(0, w, h)", list(size))
        await classroom.evaluate("frames(0, 10)")
    stats = await classroom.evaluate("inbound(0, 'video')")
    assert stats["packetsLost"] == 0
    assert stats["pliCount"] <= 1

    await teacher.evaluate("async () => send[5].sender.replaceTrack(painted('#c00000', 960, 540))")
    server.show(receiving.id, 1, "video", sending.sources["screen", ""])
    await classroom.evaluate("picture(1, 960, 540)")
    await classroom.evaluate("frames(1, 3)")
    red, green, blue = await classroom.evaluate("colour(1)")
    assert red > 120
    assert green < 60
    assert blue < 60

    assert await teacher.evaluate("pc.renegotiations") == 0
    assert await classroom.evaluate("pc.renegotiations") == 0
    assert server.plane.stats().dropped.get("unknown", 0) == 0


class Voice:
    """A teacher's microphone and what one classroom hears of it, while both count."""

    def __init__(self, teacher: Page, answer: str, classroom: Page) -> None:
        self.teacher = teacher
        self.answer = answer
        self.classroom = classroom

    @classmethod
    async def of(cls, lesson: Lesson) -> Voice:
        teacher, sending = await lesson.join(publish=True)
        classroom, receiving = await lesson.join(publish=False)
        lesson.server.show(receiving.id, 0, "audio", sending.sources["microphone", ""])
        await classroom.evaluate("sound(0)")
        return cls(teacher, sending.answer, classroom)

    async def measure(self) -> tuple[Packing, Packing]:
        """As it leaves the teacher, and as it comes to the classroom."""
        await self.classroom.evaluate("arrive(0, 20)")  # what was packed otherwise has passed
        began = await self._stats()
        await self.classroom.evaluate("arrive(0, 60)")
        left, came = zip(began, await self._stats(), strict=True)
        return Packing.between(*left, "Sent"), Packing.between(*came, "Received")

    async def _stats(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return await self.teacher.evaluate("outbound(0)"), await self.classroom.evaluate("inbound(0, 'audio')")


class Packing(NamedTuple):
    octets_a_packet: float
    packets_a_second: float

    @classmethod
    def between(cls, before: dict[str, Any], after: dict[str, Any], way: str) -> Packing:
        """way: Sent or Received, as in the names of getStats."""
        packets, octets = (after[name + way] - before[name + way] for name in ("packets", "bytes"))
        return cls(octets / packets, packets * 1000 / (after["timestamp"] - before["timestamp"]))


async def test_a_voice_turns_redundant_by_the_same_answer_in_another_order(lesson: Lesson) -> None:
    """Decision 0019: as the pages do. The classroom hears what it heard before: the server takes it apart."""
    voice = await Voice.of(lesson)
    spoken, heard = await voice.measure()
    first = re.compile(r"(m=audio \d+ \S+) 111 63\b")
    assert first.search(voice.answer)
    await voice.teacher.evaluate("again", first.sub(r"\1 63 111", voice.answer, count=1))
    twice, heard_then = await voice.measure()
    assert twice.octets_a_packet > 1.6 * spoken.octets_a_packet
    assert heard_then.octets_a_packet < 1.3 * heard.octets_a_packet
    await voice.teacher.evaluate("again", voice.answer)
    plain, _ = await voice.measure()
    assert plain.octets_a_packet < 1.3 * spoken.octets_a_packet
    stats = await voice.classroom.evaluate("inbound(0, 'audio')")
    assert stats["packetsLost"] == 0
    assert stats["mimeType"] == "audio/opus"
    dropped = lesson.server.plane.stats().dropped
    assert not dropped.keys() & {"malformed", "payload_type", "unknown"}


async def test_a_voice_goes_in_long_packets_by_the_same_answer_with_a_packet_time(lesson: Lesson) -> None:
    """Decision 0019: a third of the packets for the same sound, on a line that carries one voice; and back."""
    voice = await Voice.of(lesson)
    spoken, _ = await voice.measure()
    assert 45 < spoken.packets_a_second < 55
    at = voice.answer.index("m=", voice.answer.index("m=audio") + 1)
    await voice.teacher.evaluate("again", f"{voice.answer[:at]}a=ptime:60\r\na=maxptime:60\r\n{voice.answer[at:]}")
    long, heard = await voice.measure()
    assert 14 < long.packets_a_second < 20
    assert 14 < heard.packets_a_second < 20
    await voice.teacher.evaluate("again", voice.answer)
    plain, _ = await voice.measure()
    assert 45 < plain.packets_a_second < 55
    stats = await voice.classroom.evaluate("inbound(0, 'audio')")
    assert stats["packetsLost"] == 0


async def test_media_flows_over_tcp_alone_on_the_same_port(lesson: Lesson) -> None:
    _, sending = await lesson.join(publish=True, tcp_only=True)
    classroom, receiving = await lesson.join(publish=False, tcp_only=True)
    lesson.server.show(receiving.id, 0, "video", sending.sources["camera", "h"])
    await classroom.evaluate("picture(0, 640, 360)")
    await classroom.evaluate("frames(0, 5)")


async def test_closing_the_page_is_told_by_the_browsers_goodbye(lesson: Lesson) -> None:
    page, connection = await lesson.join(publish=False)
    reasons: asyncio.Queue[str] = asyncio.Queue()
    connection.on_closed = reasons.put_nowait
    await page.evaluate("pc.close()")
    async with asyncio.timeout(10):
        assert await reasons.get() == "left"
