"""The relay of a rehearsal: what it takes, and how one that is missing is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from classroom_client.lines.line import let_through
from classroom_client.lines.profiles import rehearsed_lines
from classroom_client.rehearsal import relay
from classroom_client.rehearsal.venue import VenueError

PROC_NET_TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:0D96 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0101620A:20FB 0201620A:C350 01 00000000:00000000 00:00000000 00000000     0        0 3 1
"""


def frame(protocol: int, source: int, destination: int) -> bytes:
    header = bytes([0x45, *bytes(8), protocol, *bytes(10)])
    return bytes(12) + b"\x08\x00" + header + source.to_bytes(2, "big") + destination.to_bytes(2, "big") + bytes(16)


@pytest.mark.parametrize(
    ("protocol", "port", "passes"),
    [(6, 443, True), (6, 8443, False), (6, 8444, False), (6, 3478, False), (17, 443, False), (17, 8444, False)],
)
def test_its_line_lets_nothing_but_tcp_to_443_through(protocol: int, port: int, passes: bool) -> None:
    (phase,) = rehearsed_lines()["relay"].phases
    assert let_through(frame(protocol, 50_000, port), phase.up, up=True) is passes
    assert let_through(frame(protocol, port, 50_000), phase.down, up=False) is passes


def test_its_bars_are_those_of_the_line_without_udp() -> None:
    lines = rehearsed_lines()
    assert lines["relay"].bars == lines["tcp"].bars
    assert lines["relay"].rejoins
    assert ("first_picture_s", "<=", 2) in [(bar.measure, bar.relation, bar.limit) for bar in lines["relay"].bars]


def test_ports_count_as_open_once_they_are_listened_to() -> None:
    assert relay.listening(PROC_NET_TCP) == {443, 3478}


@pytest.mark.parametrize(
    ("missing", "packages"),
    [({"turnserver"}, "coturn"), ({"haproxy", "nft"}, "haproxy nftables"), (set(), None)],
)
def test_missing_programs_are_told_by_their_packages(
    missing: set[str], packages: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None if program in missing else f"/usr/bin/{program}")
    if packages is None:
        relay.check()
        return
    with pytest.raises(VenueError) as error:
        relay.check()
    assert (error.value.code, error.value.detail) == ("no_relay", packages)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_without_its_programs_the_command_says_what_to_install_and_fails(language: str, tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "classroom_client", "rehearse", "--line", "relay"],
        env={**os.environ, "PATH": str(tmp_path), "TONGKE_LANG": language},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    told = "".join(said.stdout.split())
    assert said.returncode == 1, said.stderr
    assert "no_relay:" in told
    assert "aptinstallcoturnhaproxynftables" in told
