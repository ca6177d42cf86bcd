"""What the figures of a device mean: one table of limits, one table of faults, and pure functions between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from server.devices.measurements import (
    CameraSeen,
    Health,
    LineSeen,
    LoopHeard,
    MicrophoneHeard,
    ScreenSeen,
    SelfTest,
)

Severity = Literal["amber", "red"]

LIMITS: dict[str, float] = {
    "camera.black.brightness": 16.0,  # video black is 16 (ITU-R BT.601); a covered lens stays below it
    "camera.black.contrast": 6.0,
    "camera.frozen.motion": 0.02,  # a live sensor's own noise is ten times that
    "camera.blurred.sharpness": 0.008,  # 0.3 in focus, 0.016 a little out of it, 0.002 when faces cannot be told apart
    "camera.blurred.contrast": 12.0,  # a bare wall has nothing to be sharp
    "camera.turned.likeness": 0.5,  # the same room half a turn round: 0.8 and more; another scene: -0.4 to 0.4
    "camera.turned.margin": 0.3,  # a scene that looks alike both ways says nothing
    "microphone.silent.level_db": -80.0,  # a muted input gives zeros; the quietest room is near -70
    "microphone.clipping.thousandths": 1.0,
    "speaker.unheard.heard_db": 17.0,  # the best of some thousand chances is near 12
    "speaker.late.delay_ms": 400.0,
    "speaker.echo.echo_db": -12.0,
    "line.down.kbps": 1_500.0,  # one picture, the board and speech (docs/weak-lines.md)
    "line.up.kbps": 800.0,
    "line.far.rtt_ms": 400.0,
    "clock.wrong.ms": 60_000.0,
    "screen.small.width": 1_280.0,
    "screen.small.height": 720.0,
    "screen.letters.thousandths": 38.0,  # 1/25 of the screen's height, less rounding
    "disk.full.mb": 200.0,
}

FAULTS: dict[str, Severity] = {
    **dict.fromkeys(
        [
            f"camera.{why}"
            for why in ("missing", "denied", "busy", "insecure", "failed", "black", "frozen", "turned", "blurred")
        ],
        "amber",  # a class that is not seen still sees, hears and is heard
    ),
    **dict.fromkeys(
        [f"microphone.{why}" for why in ("missing", "denied", "busy", "insecure", "failed", "silent")], "red"
    ),
    "microphone.clipping": "amber",
    "speaker.blocked": "red",
    "speaker.unheard": "red",
    "speaker.late": "amber",
    "speaker.echo": "amber",
    "line.media": "red",
    "line.udp": "amber",
    "line.tcp": "amber",
    "line.relay": "amber",
    "line.down": "amber",
    "line.up": "amber",
    "line.far": "amber",
    "clock.wrong": "amber",
    "screen.small": "amber",
    "screen.letters": "amber",
    "disk.full": "amber",
}
"""Every fault a device can have. The part before the dot is the part of the device."""


class Fault(Struct, frozen=True):
    """A fault and how bad it is; its words and its picture are the pages' (`devices:fault.<code>`)."""

    code: str
    severity: Severity


def named(codes: Iterable[str]) -> list[Fault]:
    """The faults with these codes, red ones first, else in the order of the table."""
    wanted = set(codes)
    found = [Fault(code, severity) for code, severity in FAULTS.items() if code in wanted]
    return sorted(found, key=lambda fault: fault.severity != "red")


def part_of(code: str) -> str:
    """Which part of a device a fault is of: camera, microphone, speaker, line, clock, screen, disk."""
    return code.partition(".")[0]


def of_health(health: Health, now_ms: int) -> set[str]:
    """What a report shows by itself."""
    found = {
        f"{part}.{state}"
        for part, state in (("camera", health.camera), ("microphone", health.microphone))
        if state not in ("ok", "unknown")
    }
    if health.sound == "blocked":
        found.add("speaker.blocked")
    if _clock_wrong(health.clock_ms, now_ms):
        found.add("clock.wrong")
    if health.width and _too_small(health.width, health.height):
        found.add("screen.small")
    return found


def of_test(test: SelfTest, now_ms: int) -> set[str]:
    """What a self-test found."""
    found: set[str] = set()
    found.update(_camera(test.camera) if test.camera else ())
    found.update(_microphone(test.microphone) if test.microphone else ())
    found.update(_loop(test.loop, test.microphone) if test.loop else ())
    found.update(_line(test.line) if test.line else ())
    found.update(_screen(test.screen) if test.screen else ())
    if _clock_wrong(test.clock_ms, now_ms):
        found.add("clock.wrong")
    if test.disk_free_mb is not None and test.disk_free_mb < LIMITS["disk.full.mb"]:
        found.add("disk.full")
    return found


def together(reported: set[str], tested: set[str]) -> set[str]:
    """A device's faults now: those of its latest report, and of the latest test where the report says nothing worse.

    A clock is only ever judged by the latest report: it is put right without a test.
    """
    if not tested:
        return reported
    parts = {part_of(code) for code in reported} | {"clock"}
    return reported | {code for code in tested if part_of(code) not in parts}


def _camera(seen: CameraSeen) -> Iterator[str]:
    if seen.trouble is not None:
        yield f"camera.{seen.trouble}"
    elif seen.brightness < LIMITS["camera.black.brightness"] and seen.contrast < LIMITS["camera.black.contrast"]:
        yield "camera.black"
    elif seen.motion < LIMITS["camera.frozen.motion"]:
        yield "camera.frozen"
    elif _is_turned(seen):
        yield "camera.turned"
    elif seen.contrast > LIMITS["camera.blurred.contrast"] and seen.sharpness < LIMITS["camera.blurred.sharpness"]:
        yield "camera.blurred"


def _is_turned(seen: CameraSeen) -> bool:
    """Whether it shows the room it showed before, standing on its head."""
    if seen.upright is None or seen.turned is None:
        return False
    likely = seen.turned > LIMITS["camera.turned.likeness"]
    return likely and seen.turned - seen.upright > LIMITS["camera.turned.margin"]


def _microphone(heard: MicrophoneHeard) -> Iterator[str]:
    if heard.trouble is not None:
        yield f"microphone.{heard.trouble}"
    elif heard.level_db < LIMITS["microphone.silent.level_db"]:
        yield "microphone.silent"
    elif heard.clipped > LIMITS["microphone.clipping.thousandths"]:
        yield "microphone.clipping"


def _loop(heard: LoopHeard, microphone: MicrophoneHeard | None) -> Iterator[str]:
    """Without a microphone that hears, nothing can be said of the loudspeaker but that it was refused."""
    if not heard.played:
        yield "speaker.blocked"
        return
    deaf = microphone is None or any(code != "microphone.clipping" for code in _microphone(microphone))
    if deaf:
        return
    if heard.heard_db < LIMITS["speaker.unheard.heard_db"] or heard.delay_ms is None:
        yield "speaker.unheard"
        return
    if heard.delay_ms > LIMITS["speaker.late.delay_ms"]:
        yield "speaker.late"
    if heard.echo_db is not None and heard.echo_db > LIMITS["speaker.echo.echo_db"]:
        yield "speaker.echo"


def _line(seen: LineSeen) -> Iterator[str]:
    if seen.media == "none":
        yield "line.media"
    else:
        yield from _ways(seen)
    if seen.down_kbps < LIMITS["line.down.kbps"]:
        yield "line.down"
    if seen.up_kbps < LIMITS["line.up.kbps"]:
        yield "line.up"
    if seen.rtt_ms > LIMITS["line.far.rtt_ms"]:
        yield "line.far"


def _ways(seen: LineSeen) -> Iterator[str]:
    """What is closed although media come by another way. Who has UDP is told of TCP; who has not, of UDP alone."""
    if seen.udp is False:
        yield "line.udp"
    elif seen.tcp is False:
        yield "line.tcp"
    if seen.relay is False:
        yield "line.relay"


def _screen(seen: ScreenSeen) -> Iterator[str]:
    if _too_small(seen.width, seen.height):
        yield "screen.small"
    elif seen.letters < LIMITS["screen.letters.thousandths"]:
        yield "screen.letters"


def _too_small(width: int, height: int) -> bool:
    """Upright screens count by their longer side."""
    long, short = max(width, height), min(width, height)
    return long < LIMITS["screen.small.width"] or short < LIMITS["screen.small.height"]


def _clock_wrong(clock_ms: int, now_ms: int) -> bool:
    return abs(clock_ms - now_ms) > LIMITS["clock.wrong.ms"]
