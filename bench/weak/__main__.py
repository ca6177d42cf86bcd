"""`python -m bench.weak [--only PROFILE ...] [--long]`: the scorecard, as a table and as bench/results/weak.json."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

from bench.harness import machine, steal
from bench.weak import appliance, late, picture, table, venue
from bench.weak.intelligibility import NoSpeech, said_of
from bench.weak.lesson import Class, Lesson
from bench.weak.trial import attempt
from classroom_client.lines.profiles import LONG, PROFILES, SUBSET, Profile

RESULTS: Final = venue.ROOT / "bench/results/weak.json"
WARMS_UP_S: Final = 8.0


def main() -> int:
    """0 when every bar holds, 1 when one does not, 2 where namespaces cannot be made, or nothing speaks."""
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
            boxed = [] if options.subset else appliance.tried(profiles)
            for name, result in (_hold_with_appliance(Path(folder), boxed) if boxed else {}).items():
                measured[name][appliance.NAME] = result
    except venue.NoNamespaces as error:
        print(f"network namespaces cannot be made here: {error}", file=sys.stderr)
        return 2
    except NoSpeech as error:
        print(f"there is no speech for the lesson: {error}", file=sys.stderr)
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
    return 0 if all(bar["ok"] for one in measured.values() for bar in table.bars(one)) else 1


def _hold(folder: Path, profiles: list[Profile]) -> dict[str, Any]:
    """One lesson; each profile after a good stretch of its own. All want the relay, or none; so with the full board."""
    folder.mkdir()
    if profiles[0].late:
        late.fill(folder / "data")
    microphone, relay = venue.devices(folder), profiles[0].relay
    with venue.switched() as switch, venue.serving(folder, relay=relay) as lesson, sync_playwright() as playwright:
        first, second = lesson["classrooms"][:2]
        hosts = (
            (venue.LEAD, lesson["teacher"], "teacher"),
            (venue.NEAR, first, "classroom"),
            (venue.FAR, second, "classroom"),
        )
        pages = []
        for host, told, page in hosts:
            pages.append(venue.browser(playwright, folder, host, microphone).new_page())
            pages[-1].goto(venue.link(told, page))
        held = Class(switch, folder, lesson, *pages, said_of(microphone))
        venue.start_class(held.lead)
        held.teach(WARMS_UP_S)
        return {profile.name: _tried(held, profile) for profile in profiles}


def _hold_with_appliance(folder: Path, profiles: list[Profile]) -> dict[str, Any]:
    """Another lesson, in which the impaired room is an appliance."""
    folder = folder / appliance.NAME
    folder.mkdir()
    microphone = venue.devices(folder)
    file = appliance.media(folder, microphone)
    with venue.switched() as switch, venue.serving(folder, relay=False) as lesson, sync_playwright() as playwright:
        pages = []
        for host, told, page in (
            (venue.LEAD, lesson["teacher"], "teacher"),
            (venue.NEAR, lesson["classrooms"][0], "classroom"),
        ):
            pages.append(venue.browser(playwright, folder, host, microphone).new_page())
            pages[-1].goto(venue.link(told, page))
        held = Lesson(switch, folder, lesson, *pages)
        venue.start_class(held.lead)
        with appliance.joined(folder, venue.link(held.village, "classroom"), file):
            appliance.comes(held)
            return {one.name: _tried_with_appliance(held, one) for one in profiles}


def _tried_with_appliance(held: Lesson, profile: Profile) -> dict[str, Any]:
    result = appliance.attempt(held, profile)
    _show(f"{profile.name}, {appliance.NAME}", result, "")
    return result


def _tried(held: Class, profile: Profile) -> dict[str, Any]:
    result = attempt(held, profile)
    _show(profile.name, result, held.far.locator("footer strong").first.inner_text(timeout=2000))
    return result


def _show(name: str, result: dict[str, Any], sign: str) -> None:
    kept = "ok  " if all(bar["ok"] for bar in result["bars"]) else "MISS"
    bars = ", ".join(f"{'' if bar['ok'] else '!'}{bar['name']} {bar['value']} ({bar['bar']})" for bar in result["bars"])
    print(f"{kept} {name:<8} {bars}  [{sign}]", flush=True)
    print(
        f"      impaired {result['impaired']}  others {result['others']}  rungs {result.get('rungs', [])}", flush=True
    )


if __name__ == "__main__":
    sys.exit(main())
