"""`python -m bench.weak [--only PROFILE ...] [--long]`: the scorecard, as a table and as bench/results/weak.json."""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, sync_playwright

from bench.harness import machine, steal
from bench.weak import judging, late, legible, picture, probe, table, venue
from bench.weak.intelligibility import Samples, intelligibility, listen, said_of
from bench.weak.intelligibility import heard as heard_by
from bench.weak.probe import Seen
from classroom_client.lines.line import Conditions
from classroom_client.lines.profiles import LONG, PROFILES, SUBSET, Phase, Profile
from classroom_client.lines.switch import move

RESULTS: Final = venue.ROOT / "bench/results/weak.json"
CONTROL_S: Final = 8.0
SETTLES_S: Final = 4.0
JOINS_S: Final = 1.0
"""After its first picture or sound, before a fresh page is measured: until then strokes come in the snapshot."""
STROKE_EVERY_S: Final = 0.5


@dataclass
class Class:
    """One lesson with its three pages. Times are the wall clock's, ms."""

    switch: subprocess.Popen[str]
    folder: Path
    lesson: dict[str, Any]
    lead: Page
    near: Page
    far: Page
    said: Samples
    strokes: int = 0
    opened_ms: float = 0.0
    put_ms: float = 0.0

    def teach(self, seconds: float) -> tuple[float, float]:
        """Draws strokes for a while; when that was."""
        began = time.time()
        while (left := began + seconds - time.time()) > 0:
            self._draw()
            time.sleep(min(STROKE_EVERY_S, left))
        return began * 1000, time.time() * 1000

    def _draw(self) -> None:
        box = self.lead.locator("canvas").last.bounding_box()
        assert box is not None
        self.strokes += 1
        x, y = 0.1 + 0.8 * (self.strokes % 17) / 17, 0.1 + 0.8 * (self.strokes % 13) / 13
        mouse = self.lead.mouse
        mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        mouse.down()
        mouse.move(box["x"] + (x + 0.03) * box["width"], box["y"] + (y + 0.05) * box["height"], steps=3)
        mouse.up()

    def line(self, phase: Phase | None) -> None:
        """The impaired room's line; None: a good one."""
        up, down = (Conditions(), Conditions()) if phase is None else (phase.up, phase.down)
        venue.impair(self.switch, venue.FAR, up, down)

    def begin(self, phase: Phase, profile: Profile) -> None:
        """The line of a phase, and what happens with it: another address, a page opened afresh."""
        self.line(phase)
        if phase.moves:
            move(venue.FAR, venue.HOSTS.index(venue.FAR) + 1, f"{venue.NETWORK}.77")
        if profile.rejoins or profile.late:
            told = self.lesson["classrooms"][1]
            self.far.goto("about:blank")
            self.opened_ms = time.time() * 1000
            # What there is to wait for is judged by the page itself: on a thin line loading it all takes long.
            link = venue.link(told, "classroom", venue.SHARED if profile.relay else venue.HTTPS)
            self.far.goto(link, wait_until="commit")

    def seen(self, page: Page) -> Seen:
        """What a page saw and heard so far."""
        return Seen.of(page.evaluate("window.__weak"))


def main() -> int:
    """0 when every bar holds, 1 when one does not, 2 where namespaces cannot be made."""
    parser = argparse.ArgumentParser(prog="bench.weak", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[one.name for one in (*PROFILES, *LONG)])
    parser.add_argument("--long", action="store_true", help="with the cut of ten minutes, too")
    parser.add_argument("--subset", action="store_true", help="one line of each family, for CI")
    parser.add_argument("--json", type=Path, help="write the report here")
    options = parser.parse_args()
    only = SUBSET if options.subset else options.only
    stolen, ticks = steal()
    every = (*PROFILES, *LONG) if options.long or only is not None else PROFILES
    profiles = [one for one in every if only is None or one.name in only]
    try:
        with tempfile.TemporaryDirectory(prefix="tongke-weak-", ignore_cleanup_errors=True) as folder:
            measured: dict[str, Any] = {}
            for relay, full in ((False, False), (False, True), (True, False)):
                chosen = [one for one in profiles if (one.relay, one.late) == (relay, full)]
                measured |= _hold(Path(folder) / f"relay-{relay}-full-{full}", chosen) if chosen else {}
    except venue.NoNamespaces as error:
        print(f"network namespaces cannot be made here: {error}", file=sys.stderr)
        return 2
    stolen, ticks = steal()[0] - stolen, steal()[1] - ticks
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=venue.ROOT, capture_output=True, text=True).stdout.strip()
    report = {
        "machine": machine(), "commit": commit, "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "steal_pct": round(100 * stolen / max(1, ticks), 2), "load": round(os.getloadavg()[0], 1), "profiles": measured,
    }  # fmt: skip
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    if only is None:
        RESULTS.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
        picture.main()
        table.main()
    return 0 if all(bar["ok"] for one in measured.values() for bar in one["bars"]) else 1


def _hold(folder: Path, profiles: list[Profile]) -> dict[str, Any]:
    """One lesson; each profile after a good stretch of its own. All want the relay, or none; so with the full board."""
    folder.mkdir()
    if profiles[0].late:
        late.fill(folder / "data")
    flags, relay = venue.devices(folder), profiles[0].relay
    with venue.switched() as switch, venue.serving(folder, relay=relay) as lesson, sync_playwright() as playwright:
        first, second = lesson["classrooms"][:2]
        hosts = (
            (venue.LEAD, lesson["teacher"], "teacher"),
            (venue.NEAR, first, "classroom"),
            (venue.FAR, second, "classroom"),
        )
        pages = []
        for host, told, page in hosts:
            pages.append(venue.browser(playwright, folder, host, flags).new_page())
            pages[-1].goto(venue.link(told, page))
        lead, near, far = pages
        held = Class(switch, folder, lesson, lead, near, far, said_of(folder / "microphone.wav"))
        venue.start_class(held.lead)
        held.teach(CONTROL_S)
        return {profile.name: _try(held, profile) for profile in profiles}


def _try(held: Class, profile: Profile) -> dict[str, Any]:
    """A good stretch, then the profile's line; its figures beside its bars, printed at once."""
    held.line(None)
    held.teach(SETTLES_S)
    control = held.teach(CONTROL_S)
    before = held.seen(held.far)
    times = []
    with venue.junk(profile.junk):
        for phase in profile.phases:
            held.begin(phase, profile)
            times.append(_taught(held, phase, profile))
    held.line(None)
    held.teach(SETTLES_S)
    lead, near, far = (held.seen(page) for page in (held.lead, held.near, held.far))
    first_s = probe.first_picture(far.samples, held.opened_ms) if profile.rejoins else 0.0
    heard_s = probe.first_sound(far.samples, held.opened_ms) if profile.late else 0.0
    begins_s = profile.settles_s + max(first_s, heard_s) + (JOINS_S if profile.rejoins or profile.late else 0.0)
    whole = (times[0][0] + 1000 * begins_s, times[-1][1])
    heard = probe.lines_heard(far.between(*control)) or probe.lines_heard(far.between(*whole))
    speech_pct, gap_s = probe.speech(far.between(*whole), heard)
    fps, freeze, height = probe.pictures(far.between(*whole))
    p95, lost = probe.strokes(lead, far, *whole)
    impaired: dict[str, float] = {
        "speech_pct": speech_pct, "longest_gap_s": gap_s, "fps": fps, "freeze_pct": freeze, "height": height,
        "stroke_p95_ms": p95, "strokes_lost": lost + far.doubled,
    }  # fmt: skip
    if profile.understood:
        impaired["stoi"] = intelligibility(held.said, heard_by(held.far))
    if profile.reads:
        impaired["page_legible_s"] = legible.legible_s(held.far, held.put_ms)
    if profile.rejoins:
        impaired["first_picture_s"] = first_s
    if profile.late:
        told = held.far.evaluate("({ socketMs: window.__weak.socketsMs[0], parts: window.__weak.parts })")
        impaired |= {"first_sound_s": heard_s, **late.joined(told["socketMs"], told["parts"])}
    if profile.junk:
        impaired["fps_fell_pct"] = probe.fell_pct(probe.pictures(before.between(*control))[0], fps)
    impaired |= _changes(held, profile, far, times, probe.pictures(far.between(*control))[2])
    others = _others(near, lead, control, whole)
    bars = [judging.judged(bar, impaired[bar.measure]) for bar in profile.bars] + [judging.unchanged(others)]
    steps = venue.rungs(held.folder, held.lesson, whole[0])
    result = {"impaired": judging.rounded(impaired), "others": judging.rounded(others), "rungs": steps, "bars": bars}
    _show(profile.name, result, held.far.locator("footer strong").first.inner_text(timeout=2000))
    return result


def _changes(
    held: Class, profile: Profile, far: Seen, times: list[tuple[float, float]], height: int
) -> dict[str, float]:
    """How the impaired room bore each change of its line. times: of the phases. height: of its picture before, px."""
    borne, wanted = {}, {bar.measure for bar in profile.bars}
    if "settled_down_s" in wanted:
        borne["settled_down_s"] = probe.settled_after(far.between(*times[1]), times[1][0])
    if "noticed_s" in wanted:
        # The page gives up a line that is dead by making another one, whichever of the two it doubted first.
        made = held.far.evaluate("[...window.__weak.socketsMs, ...window.__weak.peersMs]")
        borne["noticed_s"] = (min((ms for ms in made if ms > times[0][0]), default=math.inf) - times[0][0]) / 1000
    if profile.healed_after == -1:
        borne["back_s"] = max(probe.outage(far.between(*each)) for each in times)
    elif profile.healed_after is not None:
        healed = times[profile.healed_after][1]
        after = far.between(healed, times[-1][1] + SETTLES_S * 1000)
        borne["back_s"] = probe.back_after(after, healed)
        borne["settled_s"] = probe.height_back_after(after, healed, height)
    return borne


def _taught(held: Class, phase: Phase, profile: Profile) -> tuple[float, float]:
    """Teaches through a phase, and listens to what comes once the line is steady, if that is asked for."""
    if not profile.understood:
        return held.teach(phase.seconds)
    began_ms, _ = held.teach(profile.settles_s)
    if profile.reads:
        held.put_ms = legible.put(held.lead, held.far)
    listen(held.far, phase.seconds - profile.settles_s)
    return began_ms, held.teach(phase.seconds - profile.settles_s)[1]


def _others(near: Seen, lead: Seen, control: tuple[float, float], whole: tuple[float, float]) -> dict[str, float]:
    heard = probe.lines_heard(near.between(*control))
    return {
        "speech_pct": probe.speech(near.between(*whole), heard)[0],
        "control_speech_pct": probe.speech(near.between(*control), heard)[0],
        "fps": probe.pictures(near.between(*whole))[0],
        "control_fps": probe.pictures(near.between(*control))[0],
        "stroke_p95_ms": probe.strokes(lead, near, *whole)[0],
    }


def _show(name: str, result: dict[str, Any], sign: str) -> None:
    kept = "ok  " if all(bar["ok"] for bar in result["bars"]) else "MISS"
    bars = ", ".join(f"{'' if bar['ok'] else '!'}{bar['name']} {bar['value']} ({bar['bar']})" for bar in result["bars"])
    print(f"{kept} {name:<8} {bars}  [{sign}]", flush=True)
    print(f"      impaired {result['impaired']}  others {result['others']}  rungs {result['rungs']}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
