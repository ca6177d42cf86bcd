"""What a device says of itself: a small report every few seconds, and the figures of a self-test.

Figures only: no picture and no sound leaves the room for a test. What the figures mean is decided in `verdict`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Trouble = Literal["missing", "denied", "busy", "insecure", "failed"]
"""Why a camera or microphone could not be opened, in the pages' words (web/src/rtc/words.ts)."""
Part = Literal["ok", "unknown", "missing", "denied", "busy", "insecure", "failed"]
Text = Annotated[str, Meta(max_length=64)]
Pixels = Annotated[int, Meta(ge=0, le=32_768)]
Millis = Annotated[int, Meta(ge=0, le=600_000)]
UtcMs = Annotated[int, Meta(ge=0, le=2**53)]
Decibels = Annotated[float, Meta(ge=-200, le=200)]
Share = Annotated[float, Meta(ge=0, le=1000)]
Luma = Annotated[float, Meta(ge=0, le=255)]
Likeness = Annotated[float, Meta(ge=-1, le=1)]
Kbps = Annotated[int, Meta(ge=0, le=10_000_000)]


class Health(Struct, frozen=True, forbid_unknown_fields=True):
    """One report. `version` is the build of the page; `lesson` where it is now; `level` the microphone, 0 to 100.
    `catching_up`: it plays what it missed of that lesson. `cameras`: how many are plugged in, where it looked;
    of an appliance, which sends one, whether that one is.

    Between lessons camera and microphone are not opened: `ok` means that one is plugged in.
    """

    kind: Literal["page", "appliance"]
    version: Text
    camera: Part
    microphone: Part
    sound: Literal["ok", "blocked", "unknown"]
    width: Pixels
    height: Pixels
    clock_ms: UtcMs
    level: Annotated[int, Meta(ge=0, le=100)] | None = None
    lesson: Text | None = None
    rung: Text | None = None
    rtt_ms: Millis | None = None
    catching_up: bool = False
    cameras: Annotated[int, Meta(ge=0, le=64)] | None = None


class CameraSeen(Struct, frozen=True, forbid_unknown_fields=True):
    """What the camera showed for three seconds, looked at 320 pixels wide.

    brightness, contrast: mean and standard deviation of luma, 0 to 255. sharpness: variance of the Laplacian over the
    variance of luma. motion: the largest mean difference of luma between two pictures, 0 to 255. upright, turned: how
    like the picture this camera showed at its first test it is, as it stands and turned by half a turn, correlation
    -1 to 1; None where there is nothing to compare with (docs/decisions on cameras upside down).
    """

    trouble: Trouble | None = None
    width: Pixels = 0
    height: Pixels = 0
    brightness: Luma = 0.0
    contrast: Luma = 0.0
    sharpness: Share = 0.0
    motion: Luma = 0.0
    upright: Likeness | None = None
    turned: Likeness | None = None


class MicrophoneHeard(Struct, frozen=True, forbid_unknown_fields=True):
    """What the microphone heard for three seconds. Levels in dB of full scale; `clipped` in thousandths of samples."""

    trouble: Trouble | None = None
    level_db: Decibels = -200.0
    peak_db: Decibels = -200.0
    clipped: Share = 0.0


class LoopHeard(Struct, frozen=True, forbid_unknown_fields=True):
    """What came of our own chirp from the loudspeaker back through the microphone.

    played: false when the browser refused to play. heard_db: peak of the correlation over its noise. echo_db: how much
    of the chirp is left behind the echo canceller, against before it; None when that was not measured.
    """

    played: bool
    heard_db: Decibels = 0.0
    delay_ms: Millis | None = None
    echo_db: Decibels | None = None


class LineSeen(Struct, frozen=True, forbid_unknown_fields=True):
    """The line to the server. media: over what a media connection came about; `none`: it did not.

    udp, tcp, relay: whether one came about by this way alone; None where it was not tried, e.g. there is no relay.
    """

    rtt_ms: Millis
    down_kbps: Kbps
    up_kbps: Kbps
    media: Literal["udp", "tcp", "relay", "none"]
    udp: bool | None = None
    tcp: bool | None = None
    relay: bool | None = None


class ScreenSeen(Struct, frozen=True, forbid_unknown_fields=True):
    """The screen in device pixels, and the height of class's letters, in thousandths of the screen's."""

    width: Pixels
    height: Pixels
    letters: Share


class SelfTest(Struct, frozen=True, forbid_unknown_fields=True):
    """A self-test's figures. A part that is None was not tested, e.g. the loudspeaker of a device without one."""

    by: Literal["hand", "itself"]
    took_ms: Millis
    clock_ms: UtcMs
    camera: CameraSeen | None = None
    microphone: MicrophoneHeard | None = None
    loop: LoopHeard | None = None
    line: LineSeen | None = None
    screen: ScreenSeen | None = None
    disk_free_mb: Annotated[int, Meta(ge=0, le=2**40)] | None = None
