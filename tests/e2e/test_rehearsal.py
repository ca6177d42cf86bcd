"""`tongke rehearse` against a server of its own: a good lesson is ok, and every kind of sabotage is noticed by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

KEYS = {
    "lessons", "participants", "join_s", "first_frame_s", "relay_ms", "av_skew_ms_max", "audio_gap_ms_max",
    "video_frames_lost_pct", "board_ms", "board_identical", "recording", "server_cpu_pct", "server_rss_mb", "ok",
    "failures",
}  # fmt: skip


def rehearse(tmp_path: Path, *more: str) -> tuple[int, dict]:
    """The exit code and the report of a rehearsal of one lesson of eight seconds."""
    file = tmp_path / "rehearsal.json"
    command = [sys.executable, "-m", "server", "rehearse", "--lessons", "1", "--remotes", "3", "--seconds", "8"]
    environment = {**os.environ, "TONGKE_LANG": "en"}
    done = subprocess.run(
        [*command, "--json", str(file), *more],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=280,
    )
    assert file.exists(), done.stderr
    return done.returncode, json.loads(file.read_text())


def codes(report: dict) -> set[str]:
    return {failure.split(":")[0] for failure in report["failures"]}


def test_a_lesson_of_one_and_three_is_ok(tmp_path: Path) -> None:
    code, report = rehearse(tmp_path)
    assert report["failures"] == []
    assert (code, report["ok"], report["lessons"], report["participants"]) == (0, True, 1, 4)
    assert report.keys() == KEYS
    assert (report["video_frames_lost_pct"], report["board_identical"]) == (0, True)
    assert (report["recording"]["tracks"], report["recording"]["playable"]) == (8, True)
    assert report["server_cpu_pct"] > 0
    assert report["server_rss_mb"] > 0


@pytest.mark.parametrize(
    ("sabotage", "names"),
    [
        ("drop", {"frames_lost"}),
        ("swap", {"picture_of_wrong_participant", "sound_of_wrong_participant", "recording_of_wrong_participant"}),
        ("delay", {"av_skew", "recording_skew"}),
        ("truncate", {"recording_unplayable"}),
    ],
)
def test_sabotage_is_noticed_and_named(tmp_path: Path, sabotage: str, names: set[str]) -> None:
    code, report = rehearse(tmp_path, "--sabotage", sabotage)
    assert (code, report["ok"]) == (1, False)
    assert names <= codes(report)
