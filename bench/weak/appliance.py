"""The classroom's small computer (`tongke-classroom`) behind the weak line, as the teacher's page has it.

It has the floor all the time, so what is judged is its voice, its picture and how soon both are back; and that its
board, compared by its own hash, is in step with the teacher's afterwards: no stroke is missing on it.
"""

from __future__ import annotations

import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from bench.weak import judging, probe, stamps, venue
from bench.weak.lesson import Lesson
from bench.weak.probe import Source
from bench.weak.trial import CONTROL_S, SETTLES_S, TAKES_FLOOR_S
from classroom_client.lines.profiles import Profile

PROFILES: Final = ("cut8", "roam", "thin128")
"""The thin one last: it finds out within half a minute only that its line is a wide one again."""
NAME: Final = "appliance"
COMES_WITHIN_S: Final = 20.0
COMPARED_WITHIN_S: Final = 25.0
"""It tells its board's hash every ten seconds."""
FIGURES: Final = ("speech_pct", "longest_gap_s", "concealed_s", "fps", "freeze_pct", "height")
ROUNDS: Final = 2
RATE_HZ: Final = 48_000

Samples = np.ndarray[Any, np.dtype[np.int16]]


def tried(profiles: list[Profile]) -> list[Profile]:
    """Those of the profiles in which an appliance is tried as well, in their order here."""
    return sorted((one for one in profiles if one.name in PROFILES), key=lambda one: PROFILES.index(one.name))


def media(folder: Path, microphone: Path) -> Path:
    """A file of the clip with the far class's stamps, ROUNDS times, and of speech.

    Sound stands beside its pictures: FFmpeg reads a file in its order where they lie up to a second apart, and what
    plays it would send a second of speech at once at the file's end, and then nothing for a second.
    """
    to = folder / "appliance.mp4"
    with av.open(str(to), "w") as out, wave.open(str(microphone)) as speech:
        pictures: Any = out.add_stream("libx264", rate=stamps.FPS, options={"preset": "veryfast", "crf": "23"})
        pictures.width, pictures.height, pictures.pix_fmt = stamps.WIDTH, stamps.HEIGHT, "yuv420p"
        sound: Any = out.add_stream("aac", rate=RATE_HZ, layout="mono")
        samples, number = np.frombuffer(speech.readframes(speech.getnframes()), np.int16), 0
        for _ in range(ROUNDS):
            with av.open(str(venue.CLIP)) as footage:
                for frame in footage.decode(video=0):
                    planes = stamps.stamped(frame, venue.STAMPS[venue.FAR], number)
                    out.mux(pictures.encode(av.VideoFrame.from_ndarray(planes, "yuv420p")))
                    out.mux(sound.encode(_beside(samples, number)))
                    number += 1
        for stream in (pictures, sound):
            out.mux(stream.encode(None))
    return to


def _beside(samples: Samples, number: int) -> av.AudioFrame:
    """The speech that is heard while picture `number` is seen; `samples` come again and again."""
    count = RATE_HZ // stamps.FPS
    at = np.arange(number * count, (number + 1) * count) % samples.size
    said = av.AudioFrame.from_ndarray(samples[np.newaxis, at], "s16", "mono")
    said.sample_rate, said.pts, said.time_base = RATE_HZ, number * count, Fraction(1, RATE_HZ)
    return said


@contextmanager
def joined(folder: Path, link: str, file: Path) -> Iterator[None]:
    """The program in the far class's namespace, without a screen."""
    program = [sys.executable, "-m", "classroom_client", "join", "--headless", "--link", link]
    given = ["--ca", str(folder / "data/tls/ca.crt"), "--media", str(file), "--state", str(folder / "appliance")]
    with (folder / "appliance.log").open("wb") as log:
        process = subprocess.Popen(
            ["ip", "netns", "exec", venue.FAR, *program, *given], cwd=venue.ROOT, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(15)


def comes(held: Lesson) -> None:
    """Waits until the class can be called on."""
    venue.tile(held.lead, "callOn", held.village["school"]).click(timeout=1000 * COMES_WITHIN_S)
    held.teach(SETTLES_S)
    held.take_back()


def attempt(held: Lesson, profile: Profile) -> dict[str, Any]:
    """What the teacher has of the class on this line, beside the bars, and what the other room has meanwhile."""
    held.line(None)
    before = [held.teach(CONTROL_S / 2), held.teach(CONTROL_S / 2)]
    held.call_on()
    held.teach(TAKES_FLOOR_S)
    times = []
    for phase in profile.phases:
        held.begin(phase)
        times.append(held.teach(phase.seconds))
    held.line(None)
    before.append(held.teach(SETTLES_S))
    held.take_back()
    in_step = _in_step(held, times[-1][1])
    lead, near = (held.seen(page, before[0][0]) for page in (held.lead, held.near))
    village = Source(_whose(held), venue.STAMPS[venue.FAR])
    whole = (times[0][0] + 1000 * profile.settles_s, times[-1][1])
    own = probe.figures(lead, near, village, whole)
    figures = {
        name: own[name] for name in ("speech_pct", "longest_gap_s", "concealed_s", "fps", "freeze_pct", "height")
    }
    if profile.healed_after is not None:
        figures["back_s"] = probe.back(profile.healed_after, times, lead, village)
    figures["boards_differ"] = float(not in_step)
    teacher = Source(lead.you, venue.STAMPS[venue.LEAD])
    windows = [probe.figures(near, lead, teacher, span) for span in before]
    others = probe.figures(near, lead, teacher, whole) | judging.control_of(windows)
    return {
        "impaired": judging.rounded({judging.published(name): one for name, one in figures.items()}),
        "others": judging.rounded(others),
        "bars": [*judging.of_appliance(profile, figures), *judging.unchanged(others)],
    }


def _whose(held: Lesson) -> str:
    told: str = held.lead.evaluate(
        "school => window.__weak.people.find(person => person.school === school)?.id ?? ''", held.village["school"]
    )
    return told


def _in_step(held: Lesson, since_ms: float) -> bool:
    """Whether the class's board was found to be the teacher's, since an instant."""
    until = time.monotonic() + COMPARED_WITHIN_S
    of = _whose(held)
    while time.monotonic() < until:
        found = held.lead.evaluate("of => window.__weak.compared.filter(one => one.participant === of)", of)
        if any(one["same"] for one in found if one["at"] > since_ms):
            return True
        held.lead.wait_for_timeout(500)
    return False
