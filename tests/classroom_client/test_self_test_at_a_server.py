"""The appliance's whole self-test against a running server: its figures are taken, and judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.ports import free_ports
from classroom_client.entry import Door, enter, open_door
from classroom_client.selftest.line import line_figures
from classroom_client.selftest.loop import Whistle
from classroom_client.selftest.run import Room, run
from classroom_client.selftest.tasting import Tasting
from classroom_client.selftest.ways import ways_figures
from tests.e2e.running import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    http, https, media = free_ports(3)
    options = ["--port", http, "--https-port", https, "--media-port", media]
    running = Server(tmp_path_factory.mktemp("town") / "data", options)
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def key(server: Server) -> tuple[Door, str]:
    door = open_door(server.links["http"], None, unchecked_on_loopback=False)
    return door, await enter(door, server.lesson["classrooms"][0]["url"].partition("#token=")[2])


async def test_the_line_is_measured_both_ways_and_media_comes_about(key: tuple[Door, str]) -> None:
    figures = await line_figures(*key)
    assert figures is not None
    assert {way: figures[way] for way in ("media", "udp", "tcp", "relay")} == {
        "media": "udp",
        "udp": True,
        "tcp": True,
        "relay": None,
    }
    assert figures["rtt_ms"] < 1_000
    assert min(figures["down_kbps"], figures["up_kbps"]) > 1_000


async def test_a_relay_that_does_not_answer_is_told_and_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    http, https, media, relay, shared = free_ports(5)
    monkeypatch.setenv("TONGKE_RELAY_HOST", "127.0.0.1")
    monkeypatch.setenv("TONGKE_RELAY_PORT", relay)
    monkeypatch.setenv("TONGKE_RELAY_TLS_PORT", shared)
    server = Server(tmp_path / "data", ["--port", http, "--https-port", https, "--media-port", media])
    server.start()
    try:
        door = open_door(server.links["http"], None, unchecked_on_loopback=False)
        key = await enter(door, server.lesson["classrooms"][0]["url"].partition("#token=")[2])
        assert (await ways_figures(door, key)) == {"udp": True, "tcp": True, "relay": False, "media": "udp"}
    finally:
        server.stop()


async def test_without_a_server_there_is_no_line() -> None:
    nobody = open_door(f"http://127.0.0.1:{free_ports(1)[0]}", None, unchecked_on_loopback=False)
    assert await line_figures(nobody, "key") is None


async def test_a_room_without_camera_and_with_letters_too_small_is_told_both(
    key: tuple[Door, str], tmp_path: Path
) -> None:
    parts = {"camera": "missing", "microphone": "missing"}
    faults = await run(Room(Tasting(), parts, Whistle(), (1280, 720, 20), tmp_path), *key)
    assert {"camera.missing", "microphone.missing"} <= set(faults)
    assert any(fault.startswith("screen.") for fault in faults)
    assert not any(fault.startswith(("line.", "clock.")) for fault in faults)
