"""deploy/relay.sh with coturn, HAProxy and the packet filter, in a network namespace: which ports can be reached."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.commands import relay
from server.config import load
from server.data_dir import Running, claimed, write_running
from server.relay_files import RelayPlan, relay_nft, turnserver_conf
from tests.server.relay_trial import MEDIA, OTHER, ROOT, STRANGERS

PROGRAMS = ("turnserver", "haproxy", "nft", "unshare", "ip")
needs_programs = pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)) or os.geteuid() != 0,
    reason="not root, or one of these is missing: " + ", ".join(PROGRAMS),
)
FORBIDDEN, OTHER_FAMILY = 403, 443


def plan(folder: Path) -> RelayPlan:
    media = load({"data_dir": folder}, {}).config.media
    return RelayPlan(
        folder, "secret", 3478, 443, media.port, ["192.0.2.7"], ["192.0.2.7"], ("127.0.0.1", 8080),
        folder / "443.pem", "turnserver", "haproxy",
    )  # fmt: skip


def test_the_filter_holds_for_exactly_the_ports_that_the_relay_sends_from(tmp_path: Path) -> None:
    conf, rule = turnserver_conf(plan(tmp_path)), relay_nft(plan(tmp_path))
    assert "min-port=49152\nmax-port=65535\n" in conf
    told = [line.strip() for line in rule.splitlines() if "skuid" in line]
    assert told == [
        'meta skuid "turnserver" udp sport 3478 accept',
        'meta skuid "turnserver" udp dport 8444 accept',
        'meta skuid "turnserver" udp sport 49152-65535 drop',
    ]


@needs_programs
def test_the_filter_names_the_running_servers_port_where_its_command_line_changed_it(tmp_path: Path) -> None:
    pem = tmp_path / "own.pem"
    pem.write_text("chain and key\n")
    config = load({"data_dir": tmp_path / "data", "relay.host": "r.example", "relay.certificate": pem}, {}).config
    running = Running(pid=1, http_hosts=["127.0.0.1"], http_port=8080, https_port=None, media_port=9000, addresses=[])
    with claimed(config.data_dir) as folder:
        write_running(folder, running)
        assert "udp dport 9000 accept" in (relay.write(config, (), root=True) / relay.RELAY_NFT).read_text()
    assert "udp dport 8444 accept" in (relay.write(config, (), root=True) / relay.RELAY_NFT).read_text()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("relay")
    trial = [sys.executable, "-m", "tests.server.relay_trial", str(folder)]
    done = subprocess.run(
        ["unshare", "--net", *trial], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.media
@needs_programs
@pytest.mark.parametrize("family", ["4", "6"])
def test_the_relay_sends_to_the_media_port_of_this_machine_and_to_no_other(found: dict[str, Any], family: str) -> None:
    assert found["limited"][family]["answered"] == [MEDIA]
    assert found["unlimited"][family]["answered"] == [MEDIA, OTHER]  # what coturn alone would let through
    assert "tongke_relay" not in found["left"]


@pytest.mark.media
@needs_programs
@pytest.mark.parametrize("family", ["4", "6"])
def test_the_relay_refuses_strangers_private_loopback_link_local_and_mapped(found: dict[str, Any], family: str) -> None:
    refused = found["limited"][family]["refused"]
    assert set(refused) == set(STRANGERS[int(family)])
    assert set(refused.values()) <= {FORBIDDEN, OTHER_FAMILY}


@needs_programs
def test_without_a_packet_filter_the_relay_does_not_start_and_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    for program, does in (("nft", "exit 1"), ("turnserver", "touch started"), ("haproxy", "touch started")):
        (broken / program).write_text(f"#!/bin/sh\ncd {tmp_path}\n{does}\n")
        (broken / program).chmod(0o755)
    pem = tmp_path / "own.pem"
    pem.write_text("chain and key\n")
    environ = {
        **os.environ,
        "PATH": f"{broken}:{os.environ['PATH']}",
        "TONGKE_RELAY_HOST": "tongke.example.cn",
        "TONGKE_RELAY_CERTIFICATE": str(pem),
    }
    start = [str(ROOT / "deploy/relay.sh"), "--data", str(tmp_path / "data")]
    (tmp_path / "data").mkdir()
    done = subprocess.run(start, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "nftables" in done.stderr
    assert not (tmp_path / "started").exists()
