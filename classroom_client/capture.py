"""Camera and microphone: opened, read, encoded once, and opened again for ever when they fail.

Each device is one thread. What it cannot be opened for is logged once a change, and the others go on without it: a
classroom whose camera is unplugged is still heard.
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import av
import structlog

from classroom_client.config import FromCamera, FromFile, FromRtsp, Pictures
from classroom_client.echo import CleanMicrophone, Played
from classroom_client.encoder import FPS, TICKS, VideoEncoder
from classroom_client.voice import FULL, LOW, VoiceEncoder

log = structlog.get_logger(__name__)

REOPEN_S: Final = 2.0
TIMEOUT_S: Final = 3.0
_RTSP: Final = {
    "rtsp_transport": "tcp",
    "protocol_whitelist": "rtsp,rtp,udp,tcp,tls",
    "timeout": str(int(TIMEOUT_S * 1_000_000)),
}
_CAMERA: Final = {"framerate": str(FPS), "video_size": "1280x720"}

Deliver = Callable[[str, "av.Packet[Any]"], None]
"""Takes an encoded packet of `audio`, `low_speech` or `video`, from any thread."""


class Input:
    """An opened device, address or file. wanted: which kinds are read from it."""

    def __init__(self, name: str, wanted: tuple[str, ...], url: str, form: str | None, options: dict[str, str]) -> None:
        self.name = name
        self.wanted = wanted
        self._url, self._form, self._options = url, form, options
        self.loops = form is None and not url.startswith("rtsp")
        self.hears_us = form == "alsa"
        """A microphone of this computer stands in the room of its loudspeaker."""

    def open(self) -> Any:
        """The container.

        Raises:
            av.FFmpegError, OSError: it cannot be opened.
        """
        return av.open(self._url, format=self._form, options=self._options, timeout=(10.0, TIMEOUT_S))


def inputs_of(pictures: Pictures) -> list[Input]:
    """What has to be opened for these pictures and their sound."""
    match pictures:
        case None:
            return []
        case FromFile(file=file):
            return [Input("file", ("video", "audio"), str(Path(file).absolute()), None, {"protocol_whitelist": "file"})]
        case FromCamera(device=device, microphone=microphone):
            camera = Input("camera", ("video",), device, "v4l2", _CAMERA)
            return [camera, *_microphone(microphone)]
        case FromRtsp(url=url, microphone=microphone):
            wanted = ("video",) if microphone else ("video", "audio")
            return [Input("rtsp", wanted, url, "rtsp", _RTSP), *_microphone(microphone)]


def _microphone(device: str | None) -> list[Input]:
    return [Input("microphone", ("audio",), device, "alsa", {})] if device else []


class Capture:
    """All inputs of this classroom. `video` is the encoder that the peers' feedback steers."""

    def __init__(self, inputs: list[Input], deliver: Deliver) -> None:
        self.video = VideoEncoder()
        self.played = Played()
        """Takes what the loudspeaker plays, so that the microphone is freed of it."""
        self.speech = FULL
        """How the microphone is encoded from now on."""
        self.low_speech = False
        """Whether somebody listens to it once more at 16 kbit/s."""
        self.muted = False
        """Nobody listens to the microphone itself."""
        self._deliver = deliver
        self._inputs = inputs
        self._stop = threading.Event()
        self._began_s = time.monotonic()
        self._threads: list[threading.Thread] = []
        self._troubles: dict[str, str] = {}
        self.taste: Callable[[str, Any], None] | None = None
        """Given each frame while a self-test lasts (see `tasted`); called in the devices' threads."""

    @property
    def kinds(self) -> frozenset[str]:
        """What this classroom is set up to send: `video`, `audio`."""
        return frozenset(kind for each in self._inputs for kind in each.wanted)

    def parts(self) -> dict[str, str]:
        """Camera and microphone now, in the words of a device's report: `ok`, `unknown`, or why it is not open."""
        found = {"camera": "unknown", "microphone": "unknown"}
        for each in self._inputs:
            for kind in each.wanted:
                part = "camera" if kind == "video" else "microphone"
                found[part] = self._troubles.get(each.name, "ok")
        return found

    @property
    def cameras(self) -> int:
        """How many cameras this classroom is set up with and has not found missing."""
        sights = [each for each in self._inputs if "video" in each.wanted]
        return sum(self._troubles.get(each.name) != "missing" for each in sights)

    def start(self) -> None:
        """Begins to read every input."""
        for each in self._inputs:
            thread = threading.Thread(target=self._keep_reading, args=(each,), name=f"capture-{each.name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Ends all reading; waits no longer than a device's own timeout."""
        self._stop.set()
        until_s = time.monotonic() + TIMEOUT_S + 1
        for thread in self._threads:
            thread.join(max(0.0, until_s - time.monotonic()))

    def _keep_reading(self, source: Input) -> None:
        while not self._stop.is_set():
            try:
                with source.open() as container:
                    log.info("capture opened", input=source.name)
                    self._troubles.pop(source.name, None)
                    self._read(source, container)
            except (av.FFmpegError, OSError, ValueError) as error:
                log.warning("capture failed", input=source.name, error=type(error).__name__)
                self._troubles[source.name] = trouble_of(error)
                self._stop.wait(REOPEN_S)

    def _read(self, source: Input, container: Any) -> None:
        streams = [stream for stream in container.streams if stream.type in source.wanted]
        streams = [stream for kind in source.wanted for stream in streams if stream.type == kind][:2]
        speech = _Speech(self, source)
        pace = Pace(time.monotonic()) if source.loops else None
        for packet in container.demux(streams):
            if self._stop.is_set():
                return
            for frame in packet.decode():
                at_s = (time.monotonic() if pace is None else pace.wait(frame.time, self._stop)) - self._began_s
                self.tasted(packet.stream.type, frame)
                if packet.stream.type == "video":
                    self._send("video", self.video.encode(frame, round(at_s * TICKS)))
                else:
                    for kind, packets in speech.encode(frame, at_s):
                        self._send(kind, packets)

    def tasted(self, kind: str, frame: Any) -> None:
        """Lets a self-test have the frame. kind: `video`, `audio`, or `cleaned` for sound without our own echo."""
        taste = self.taste
        if taste is not None:
            taste(kind, frame)

    def _send(self, kind: str, packets: list[av.Packet[Any]]) -> None:
        for packet in packets:
            self._deliver(kind, packet)


class _Speech:
    """The sound of an opened input, on its way to its encodings; in the input's thread."""

    def __init__(self, capture: Capture, source: Input) -> None:
        self._capture = capture
        self._clean = CleanMicrophone(capture.played) if source.hears_us else None
        self._voice, self._low = VoiceEncoder(lambda: capture.speech), VoiceEncoder(lambda: LOW)

    def encode(self, frame: av.AudioFrame, at_s: float) -> Iterator[tuple[str, list[av.Packet[Any]]]]:
        """What `frame`, captured at `at_s`, completes of each encoding that somebody listens to."""
        for heard in [frame] if self._clean is None else self._clean.clean(frame):
            if self._clean is not None:
                self._capture.tasted("cleaned", heard)
            if not self._capture.muted:
                yield "audio", self._voice.encode(heard, at_s)
            if self._capture.low_speech:
                yield "low_speech", self._low.encode(heard, at_s)


class Pace:
    """Holds a file's frames back to their time."""

    def __init__(self, began_s: float) -> None:
        self._began_s = began_s

    def wait(self, media_s: float | None, stop: threading.Event) -> float:
        """Waits until a frame of time `media_s` is due; the time it was due, monotonic seconds."""
        due_s = self._began_s + (media_s or 0.0)
        ahead_s = due_s - time.monotonic()
        if ahead_s > 0:
            stop.wait(ahead_s)
        return due_s


def trouble_of(error: Exception) -> str:
    """Why a device does not open, in the words of a report."""
    if isinstance(error, FileNotFoundError):
        return "missing"
    if isinstance(error, PermissionError):
        return "denied"
    return "busy" if isinstance(error, OSError) and error.errno == errno.EBUSY else "failed"
