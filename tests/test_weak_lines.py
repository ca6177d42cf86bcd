"""What weak lines do to packets, by value; and lessons over one line of each family, with real browsers."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from classroom_client.lines.line import Conditions, Line, let_through, shifted
from classroom_client.lines.profiles import SUBSET

ROOT = Path(__file__).parents[1]
PACKETS = 20_000


def line(**conditions: float) -> Line:
    made = Line(seed=1)
    made.conditions = Conditions(**conditions)  # type: ignore[arg-type]
    return made


def lost_of(made: Line) -> float:
    return sum(not made.passes(n / 1000, 1000) for n in range(PACKETS)) / PACKETS


def test_a_cable_passes_everything_at_once_and_a_cut_one_nothing() -> None:
    assert line().passes(5.0, 1500) == (5.0,)
    assert line(cut=True).passes(5.0, 1500) == ()


def test_random_loss_is_as_stated() -> None:
    assert lost_of(line(loss=0.03)) == pytest.approx(0.03, abs=0.004)


def test_losses_in_bursts_are_as_stated_and_come_in_rows() -> None:
    made = line(burst_begins=0.0132, burst_ends=0.25)
    fates = [bool(made.passes(n / 1000, 1000)) for n in range(PACKETS)]
    assert fates.count(False) / PACKETS == pytest.approx(0.05, abs=0.012)
    rows = sum(before and not after for before, after in pairwise(fates))
    assert fates.count(False) / rows == pytest.approx(4, abs=0.8)


def test_a_rate_spaces_packets_and_a_full_queue_drops_them() -> None:
    made = line(rate_bps=64_000, queue_ms=250)
    assert [made.passes(0.0, 1000) for _ in range(5)] == [(0.125,), (0.25,), (0.375,), (), ()]
    assert made.passes(10.0, 1000) == (10.125,)
    assert made.lost == 2


def test_jitter_stays_within_its_bounds_and_a_seed_repeats_itself() -> None:
    one, other = line(delay_ms=100, jitter_ms=30), line(delay_ms=100, jitter_ms=30)
    ways = [one.passes(0.0, 100)[0] for _ in range(1000)]
    assert 0.07 <= min(ways) < 0.072
    assert 0.128 < max(ways) <= 0.13
    assert ways == [other.passes(0.0, 100)[0] for _ in range(1000)]


def test_duplicates_come_twice() -> None:
    assert len(line(duplicate=1.0).passes(0.0, 100)) == 2


def frame(source: int, destination: int) -> bytes:
    header = bytes(12) + b"\x08\x00" + bytes([0x45, *bytes(8), 17, *bytes(10)])
    return header + source.to_bytes(2, "big") + destination.to_bytes(2, "big") + b"\x00\x10\xab\xcd" + b"payload!"


def tcp(source: int, destination: int) -> bytes:
    udp = frame(source, destination)
    return udp[:23] + b"\x06" + udp[24:]


def test_a_moved_nat_shows_another_port_and_takes_answers_to_it_back() -> None:
    out = shifted(frame(40_000, 8444), 1777, source=True)
    assert out == frame(41_777, 8444).replace(b"\xab\xcd", b"\0\0")
    assert shifted(frame(8444, 41_777), 1777, source=False)[36:38] == (40_000).to_bytes(2, "big")


def test_what_is_not_udp_or_leaves_the_range_of_ports_is_left_alone() -> None:
    arp = bytes(12) + b"\x08\x06" + bytes(28)
    assert shifted(arp, 1777, source=True) == arp
    assert shifted(frame(64_000, 1), 1777, source=True) == frame(64_000, 1)


@pytest.mark.parametrize(
    ("conditions", "sent", "passes"),
    [
        (Conditions(), frame(40_000, 8444), True),
        (Conditions(udp=False), frame(40_000, 8444), False),
        (Conditions(udp=False), tcp(40_000, 8444), True),
        (Conditions(udp=False, tcp_ports=(443,)), tcp(40_000, 443), True),
        (Conditions(udp=False, tcp_ports=(443,)), tcp(443, 8444), False),
        (Conditions(udp=False, tcp_ports=(443,)), bytes(12) + b"\x08\x06" + bytes(28), True),
    ],
)
def test_a_firewall_passes_what_is_stated_and_never_stops_arp(
    conditions: Conditions, sent: bytes, passes: bool
) -> None:
    assert let_through(sent, conditions, up=True) is passes


def test_a_firewall_passes_the_answers_of_the_ports_it_passes() -> None:
    only_443 = Conditions(udp=False, tcp_ports=(443,))
    assert let_through(tcp(443, 40_000), only_443, up=False)
    assert not let_through(tcp(8444, 443), only_443, up=False)


LOOSER = 3
"""Bars are for a machine with nothing else to do; this is to fail where something is broken, not where one is busy."""

NOISE_STOI = 0.5
"""Noise alone has 0.41 beside the recorded speech."""


def kept(bar: dict[str, Any]) -> bool:
    """Whether a figure is within LOOSER times what its bar lets be lost, late or slow; no stroke may be, ever."""
    if bar["value"] is None:
        return False
    relation, words = bar["bar"].split()
    limit = float(words)
    match bar["unit"], relation:
        case "%", ">=":
            return bool(bar["value"] >= 100 - LOOSER * (100 - limit))
        case "", ">=":
            return bool(bar["value"] >= NOISE_STOI)
        case _, ">=":
            return bool(bar["value"] >= limit / LOOSER)
        case _:
            return bool(bar["value"] <= LOOSER * limit)


@pytest.mark.parametrize(
    ("unit", "bar", "value", "expected"),
    [
        ("%", ">= 99", 97.1, True),
        ("%", ">= 99", 96.9, False),
        ("1/s", ">= 15", 5.1, True),
        ("s", "<= 1", 3.1, False),
        ("strokes", "<= 0", 0, True),
        ("strokes", "<= 0", 1, False),
        ("", ">= 0.75", 0.45, False),
        ("s", "<= 1", None, False),
    ],
)
def test_a_loosened_bar_is_three_times_as_lax(unit: str, bar: str, value: float | None, expected: bool) -> None:
    assert kept({"unit": unit, "bar": bar, "value": value}) is expected


@pytest.fixture(scope="module")
def scorecard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """A lesson over each line of SUBSET: its part of the report, by line. It fails where it cannot be made."""
    namespaces = subprocess.run(["unshare", "-n", "true"], capture_output=True, text=True)
    assert namespaces.returncode == 0, f"no network namespaces here, run as root: {namespaces.stderr}"
    report = tmp_path_factory.mktemp("weak") / "weak.json"
    bench = subprocess.run(
        [sys.executable, "-m", "bench.weak", "--subset", "--json", str(report)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert bench.returncode in (0, 1), (
        bench.stdout[-2000:] + bench.stderr[-2000:]
    )  # 1: a bar of the scorecard is missed
    profiles: dict[str, dict[str, Any]] = json.loads(report.read_text())["profiles"]
    return profiles


@pytest.mark.media
@pytest.mark.timeout(900)
@pytest.mark.parametrize("line", SUBSET)
def test_a_line_of_each_family_keeps_its_bars_three_times_over(scorecard: dict[str, dict[str, Any]], line: str) -> None:
    """The impaired room's, both ways, and the other rooms'."""
    measured = scorecard[line]
    assert measured["impaired"]["strokes_lost"] == 0
    assert measured["impaired"].get("own_strokes_lost", 0) == 0
    missed = [f"{bar['name']} {bar['value']} {bar['bar']}" for bar in measured["bars"] if not kept(bar)]
    assert missed == [], f"{line}: {measured}"
