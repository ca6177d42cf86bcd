"""`tongke rehearse` against a server of its own: a good lesson is ok, and every kind of sabotage is noticed by name."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

KEYS = {
    "lessons", "participants", "join_s", "first_frame_s", "relay_ms", "av_skew_ms_max", "audio_gap_ms_max",
    "video_frames_lost_pct", "board_ms", "board_identical", "recording", "server_cpu_pct", "server_rss_mb", "ok",
    "failures",
}  # fmt: skip


ROOT = Path(__file__).parents[2]
CROSSED_SERVER = """
import sys
from server.__main__ import main
from server.media.server import MediaServer

straight = MediaServer.show

def crossed(self, connection_id, slot, kind, source_id):
    # Whoever joined second and third are exchanged on every route.
    joined = [self._connections[number].sources for number in sorted(self._connections)]
    if len(joined) > 2:
        second, third = joined[1], joined[2]
        exchanged = {second[key]: third[key] for key in second} | {third[key]: second[key] for key in third}
        source_id = exchanged.get(source_id, source_id)
    straight(self, connection_id, slot, kind, source_id)

MediaServer.show = crossed
sys.exit(main())
"""


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


@pytest.fixture
def crossed_server(tmp_path: Path) -> Iterator[Path]:
    """The data directory of a running server that shows one classroom where another should be."""
    data, ready = tmp_path / "data", tmp_path / "ready"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, (tmp_path / "server.log").open("wb") as log:
        told.bind(str(ready))
        told.settimeout(60)
        command = [sys.executable, "-c", CROSSED_SERVER, "serve", "--demo", "--data", str(data)]
        ports = ["--port", "0", "--https-port", "0", "--media-port", "0"]
        environment = {**os.environ, "NOTIFY_SOCKET": str(ready)}
        server = subprocess.Popen([*command, *ports], cwd=ROOT, stdout=log, stderr=log, env=environment)
        try:
            while b"READY=1" not in told.recv(4096):
                pass
            yield data
        finally:
            server.terminate()
            server.wait(30)


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


def test_a_route_crossed_in_the_server_is_noticed(tmp_path: Path, crossed_server: Path) -> None:
    code, report = rehearse(tmp_path, "--data", str(crossed_server))
    assert (code, report["ok"]) == (1, False)
    assert {"picture_of_wrong_participant", "sound_of_wrong_participant"} <= codes(report)
