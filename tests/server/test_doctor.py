"""What the doctor finds, by values, and what it says."""

from __future__ import annotations

import dataclasses
import json
import socket
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server import certificates, cli
from server.config import Config, load
from server.data_dir import Running, claimed, write_running
from server.doctor import installation, machine, tools
from server.doctor.command import as_text, summary
from server.doctor.finding import Finding, fine, note, warn, wrong
from server.store.store import FILE_NAME, open_store
from server.texts import Texts

NOW = datetime(2026, 9, 1, tzinfo=UTC)
GIB = 1024**3


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A configuration on ports that are free."""
    ports = {}
    with socket.socket() as one, socket.socket() as two, socket.socket() as three:
        for name, probe in (("http.port", one), ("https.port", two), ("media.port", three)):
            probe.bind(("0.0.0.0", 0))
            ports[name] = probe.getsockname()[1]
    return load({"data_dir": tmp_path / "data", "web.dist": tmp_path / "dist", **ports}, {}).config


def level(finding: Finding) -> tuple[str, str]:
    return finding.check, finding.level


def test_an_old_python_is_named_with_what_to_install() -> None:
    assert level(machine.python((3, 11, 0))) == ("python", "ok")
    old = machine.python((3, 9, 2))
    assert level(old) == ("python", "problem")
    assert "3.9.2" in old.words(Texts("en"))
    assert "make setup" in (old.advice(Texts("zh-CN")) or "")


def test_every_library_that_does_not_load_is_named() -> None:
    def load_library(name: str) -> None:
        if name == "broken":
            raise OSError("libGL.so.1: cannot open shared object file")
        if name == "missing":
            raise ModuleNotFoundError(name)

    found = machine.libraries(("fine", "broken", "missing"), load_library)
    assert [(entry.level, entry.values["name"]) for entry in found] == [("problem", "broken"), ("problem", "missing")]
    assert "libGL.so.1" in found[0].words(Texts("zh-CN"))
    assert [entry.level for entry in machine.libraries(("fine",), load_library)] == ["ok"]


@pytest.mark.parametrize(
    ("free_gib", "total_gib", "expected"),
    [(100, 500, "ok"), (4.9, 500, "problem"), (49, 500, "warning"), (5, 40, "ok"), (0, 40, "problem")],
)
def test_the_disk_is_judged_by_what_recording_needs(config: Config, free_gib, total_gib, expected: str) -> None:
    assert machine.disk(config, lambda _: (total_gib * GIB, int(free_gib * GIB))).level == expected


@pytest.mark.parametrize(
    ("now", "synchronised", "step_s", "expected"),
    [
        (NOW, True, 0.0, "ok"),
        (NOW, None, 0.0, "ok"),
        (NOW, False, 0.0, "warning"),
        (NOW, True, 3600.0, "warning"),
        (NOW, True, -2.0, "warning"),
        (datetime(1970, 1, 1, tzinfo=UTC), True, 0.0, "problem"),
    ],
)
def test_the_clock_is_judged_by_date_step_and_time_server(now, synchronised, step_s, expected: str) -> None:
    assert machine.clock(now, synchronised, step_s).level == expected


def test_misspelt_variables_are_named() -> None:
    found = machine.environment(["TONGKE_DATA", "TONGKE_DTAA", "PATH"], ["TONGKE_DATA"])
    assert (found.level, found.values) == ("warning", {"names": "TONGKE_DTAA"})
    assert machine.environment(["TONGKE_DATA"], ["TONGKE_DATA"]).level == "ok"


def test_small_network_buffers_are_a_warning(tmp_path: Path) -> None:
    allowed = tmp_path / "rmem_max"
    levels = []
    for text in ("212992\n", "4194304\n"):
        allowed.write_text(text)
        levels += [entry.level for entry in machine.buffers(allowed)]
    assert levels == ["warning", "ok"]
    assert machine.buffers(tmp_path / "nothing") == []


def test_a_machine_without_a_network_is_a_warning() -> None:
    assert machine.network(()).level == "warning"
    assert machine.network(("10.0.0.1",)).level == "ok"


def test_a_data_directory_is_fine_when_it_is_there_or_can_be_made(config: Config, tmp_path: Path) -> None:
    assert installation.data_dir(config).level == "warning"
    config.data_dir.mkdir()
    assert installation.data_dir(config).level == "ok"
    (tmp_path / "file").touch()
    assert installation.data_dir(dataclasses.replace(config, data_dir=tmp_path / "file" / "x")).level == "problem"


async def test_the_database_is_examined_without_being_changed(config: Config) -> None:
    config.data_dir.mkdir()
    assert installation.store(config).level == "warning"
    await (await open_store(config.data_dir)).close()
    path = config.data_dir / FILE_NAME
    before = path.read_bytes()
    assert installation.store(config).level == "ok"
    assert path.read_bytes() == before
    path.write_bytes(before[:20_000] + bytes(20_000) + before[40_000:])
    assert installation.store(config).level == "problem"
    path.write_bytes(b"no database" * 500)
    assert installation.store(config).level == "problem"


def test_ports_are_free_ours_or_taken(config: Config) -> None:
    assert [entry.says for entry in installation.ports(config)] == ["port.ok"] * 3
    with socket.create_server(("127.0.0.1", config.http.port)):
        assert [entry.says for entry in installation.ports(config)] == ["port.problem", "port.ok", "port.ok"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("0.0.0.0", config.media.port))
        taken = installation.ports(config)[2]
        assert (taken.says, "UDP" in taken.words(Texts("en"))) == ("port.problem", True)
    running = Running(
        pid=4711, http_hosts=["127.0.0.1"], http_port=config.http.port, https_port=config.https.port,
        media_port=config.media.port, addresses=[],
    )  # fmt: skip
    with claimed(config.data_dir):
        write_running(config.data_dir, running)
        found = installation.ports(config)
        assert [entry.says for entry in found] == ["port.ours"] * 3
        assert "4711" in found[0].words(Texts("zh-CN"))
    assert [entry.says for entry in installation.ports(config)] == ["port.ok"] * 3


def test_the_certificate_must_fit_the_addresses_and_the_time(config: Config) -> None:
    folder = config.data_dir / "tls"
    assert installation.certificate(config, (), NOW).says == "certificate.none"
    certificates.ensure(folder, ["10.0.0.1", "localhost"], NOW)
    assert installation.certificate(config, ("10.0.0.1",), NOW).level == "ok"
    assert installation.certificate(config, ("10.0.0.2",), NOW).level == "warning"
    assert installation.certificate(config, ("10.0.0.1",), NOW + timedelta(days=380)).level == "warning"
    (folder / "server.crt").write_text("nonsense")
    assert installation.certificate(config, (), NOW).level == "problem"
    off = dataclasses.replace(config, https=dataclasses.replace(config.https, enabled=False))
    assert installation.certificate(off, (), NOW).says == "certificate.off"


def test_missing_pages_are_named(config: Config) -> None:
    assert installation.pages(config.web.dist).level == "problem"
    for page in installation.PAGES:
        (config.web.dist / page).parent.mkdir(parents=True, exist_ok=True)
        (config.web.dist / page).touch()
    assert installation.pages(config.web.dist).level == "ok"
    (config.web.dist / "classroom" / "index.html").unlink()
    assert installation.pages(config.web.dist).values == {"missing": "classroom/index.html"}


def test_developers_tools_are_found_named_or_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, says in (("chromium", "Chromium 156.0.1"), ("cc", "cc 12.2.0"), ("node", "v18.0.0")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {says}\n")
        (tmp_path / name).chmod(0o755)
    found = tools.tools(tmp_path)
    assert [entry.says for entry in found] == ["tool.ok", "tool.ok", "tool.old", "tool.problem"]
    assert "20.19" in found[2].words(Texts("en"))


FINDINGS = [
    fine("pages"),
    warn("network"),
    wrong("pages", missing="index.html"),
    fine("port", "port.ours", port=1, use="@port.use.http", pid=2),
]


def test_what_is_not_set_up_is_neither_ticked_off_nor_warned_of() -> None:
    (line, _, last) = as_text([note("relay", "relay.off")]).splitlines()
    assert line.startswith("– 没有配置中继")
    assert last.endswith("All is well.")


def test_the_report_says_each_thing_in_both_languages_and_how_to_mend_it() -> None:
    lines = as_text(FINDINGS).splitlines()
    assert lines[0] == "✓ 网页已构建 · The pages are built"
    assert lines[1].startswith("! ")
    assert [line.startswith("    怎么办：") for line in lines[1:4]] == [False, True, False]
    assert lines[3].startswith("    What to do: ")
    assert "index.html" in lines[4]
    assert lines[-1] == "有 1 处问题需要处理。 · Problems to mend: 1."


@pytest.mark.parametrize(
    ("findings", "words"), [(FINDINGS[:1], "All is well."), (FINDINGS[:2], "Ready to use, with warnings: 1.")]
)
def test_warnings_alone_are_no_problem(findings: list[Finding], words: str) -> None:
    assert summary(findings, Texts("en")) == words


def arguments(config: Config, tmp_path: Path, *more: str) -> list[str]:
    file = tmp_path / "tongke.toml"
    file.write_text(
        f"data_dir = '{config.data_dir}'\n[http]\nport = {config.http.port}\n[https]\nport = {config.https.port}\n"
        f"[media]\nport = {config.media.port}\n[web]\ndist = '{config.web.dist}'\n[recording]\nrefuse_below_gib = 0\n"
    )
    return ["doctor", "--config", str(file), *more]


def test_the_exit_code_is_zero_only_without_problems(config: Config, tmp_path: Path, capsys) -> None:
    assert cli.run(arguments(config, tmp_path)) == 1
    assert "网页" in capsys.readouterr().out
    for page in installation.PAGES:
        (config.web.dist / page).parent.mkdir(parents=True, exist_ok=True)
        (config.web.dist / page).touch()
    code = cli.run(arguments(config, tmp_path, "--json"))
    report = json.loads(capsys.readouterr().out)
    assert (code, report["ok"]) == (0, True)
    assert all({"check", "level", "zh-CN", "en", "mend"} == entry.keys() for entry in report["findings"])
    assert {"python", "library", "data", "store", "disk", "port", "clock", "certificate", "pages"} <= {
        entry["check"] for entry in report["findings"]
    }


def test_an_unreadable_database_does_not_stop_the_examination(config: Config, tmp_path: Path, capsys) -> None:
    config.data_dir.mkdir()
    with sqlite3.connect(config.data_dir / FILE_NAME) as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()
    (config.data_dir / FILE_NAME).write_bytes(b"SQLite format 3\0" + bytes(5000))
    assert cli.run(arguments(config, tmp_path)) == 1
    assert "tongke.db" in capsys.readouterr().out
