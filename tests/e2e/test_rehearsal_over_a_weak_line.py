"""`tongke rehearse --line`: a real lesson with one room behind our own weak line, and what the command says of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.running import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def rehearse(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", "rehearse", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "TONGKE_LANG": "en", **environment}
    )


def test_a_cut_line_is_rehearsed_and_judged_by_its_bars(tmp_path: Path) -> None:
    """It fails where namespaces cannot be made. How soon the room is back is told, and not judged here."""
    result = tmp_path / "result.json"
    run = rehearse("--line", "cut3", "--remotes", "2", "--json", str(result))
    report = json.loads(result.read_text())
    assert report["line"] is not None, run.stdout + run.stderr
    bars = {bar["measure"]: bar["value"] for bar in report["line"]["bars"]}
    assert report["line"]["line"] == "cut3"
    assert bars["strokes_lost"] == 0
    assert bars["back_s"] is not None, "the room came back"
    figures = report["line"]["figures"]
    assert 2 < figures["longest_gap_s"] < 20, "the line was really cut"
    assert figures["speech_pct"] < 95
    assert "The room behind the line cut3" in run.stdout
    namespaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    assert "tongke-rehearsal" not in namespaces


def test_a_line_without_udp_is_rehearsed_by_a_room_that_comes_by_tcp(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    run = rehearse("--line", "tcp", "--remotes", "1", "--json", str(result))
    told = json.loads(result.read_text())["line"]
    assert told is not None, run.stdout + run.stderr
    values = {bar["measure"]: bar["value"] for bar in told["bars"]}
    assert values["first_picture_s"] is not None, "the room came by TCP"
    assert values["strokes_lost"] == 0
    assert told["figures"]["fps"] > 10


@pytest.mark.parametrize("more", [("--line", "nonsense"), ("--line", "cut3", "--lessons", "2")])
def test_a_line_that_is_none_and_what_does_not_go_with_one_is_refused_in_words(more: tuple[str, ...]) -> None:
    run = rehearse(*more)
    assert run.returncode == 64
    assert "--line takes one of: loss3" in run.stderr
