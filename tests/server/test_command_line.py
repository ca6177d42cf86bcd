"""What the command line says, in both languages, and its exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from server import cli
from server.commands import rehearse
from server.commands.table import duration, size, table
from server.exits import CONFIG, NO_INPUT, OK, USAGE
from server.recording.package import Manifest, Participant, write_manifest
from server.store.store import open_store

LANGUAGES = {"zh-CN": "用法：", "en": "Usage: "}


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    for variable in [name for name in os.environ if name.startswith("TONGKE_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("TONGKE_LANG", request.param)
    return str(request.param)


COMMANDS = [
    [], ["serve"], ["links"], ["doctor"], ["recordings"], ["recordings", "list"], ["recordings", "verify"],
    ["recordings", "repair"], ["recordings", "export"], ["config"], ["config", "print"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_in_the_users_language(capsys, language: str, command: list[str]) -> None:
    assert cli.run([*command, "--help"]) == OK
    said = capsys.readouterr().out
    assert said.startswith(LANGUAGES[language])
    assert ("显示这段说明" in said) == (language == "zh-CN")


def test_the_flags_of_serve_are_the_promised_ones(capsys, language: str) -> None:
    cli.run(["serve", "--help"])
    said = capsys.readouterr().out
    for flag in ("--config FILE", "--data DIR", "--port N", "--media-port N", "--public-address A", "--demo",
                 "--demo-lessons N", "--https-port N", "--supervise"):  # fmt: skip
        assert flag in said


def test_without_a_command_the_help_is_shown(capsys, language: str) -> None:
    assert cli.run([]) == OK
    assert "doctor" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["serve", "--nope"], ["nope"], ["recordings", "nope"], ["recordings", "export"]])
def test_a_misspelt_command_is_told_how_to_find_help(capsys, language: str, arguments: list[str]) -> None:
    assert cli.run(arguments) == USAGE
    assert "--help" in capsys.readouterr().err


MISSPELT = {
    ("nope",): "没有“nope”，可以用：serve, links, ",
    ("recordings",): "还缺 COMMAND",
    ("serve", "--nope"): "不认识 --nope",
    ("serve", "--port"): "--port 后面还缺一个值",
}


@pytest.mark.parametrize("arguments", MISSPELT, ids=" ".join)
def test_what_does_not_fit_is_said_in_chinese_where_chinese_is_spoken(capsys, monkeypatch, arguments) -> None:
    monkeypatch.setenv("TONGKE_LANG", "zh-CN")
    assert cli.run(list(arguments)) == USAGE
    assert MISSPELT[arguments] in capsys.readouterr().err


def test_the_version_is_printed_alone(capsys) -> None:
    assert cli.run(["--version"]) == OK
    assert capsys.readouterr().out.startswith("tongke 0")


def test_a_wrong_configuration_stops_serve_with_its_own_code(capsys, language: str, tmp_path: Path) -> None:
    assert cli.run(["serve", "--port", "99999", "--data", str(tmp_path)]) == CONFIG
    assert "http.port" in capsys.readouterr().err


def test_links_without_data_say_so(capsys, language: str, tmp_path: Path) -> None:
    assert cli.run(["links", "--data", str(tmp_path)]) == NO_INPUT
    assert str(tmp_path) in capsys.readouterr().err


def test_config_print_tells_value_and_origin(capsys, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TONGKE_MEDIA_PORT", "9000")
    assert cli.run(["config", "print", "--json", "--data", str(tmp_path)]) == OK
    said = json.loads(capsys.readouterr().out)
    assert said["media.port"] == {"value": 9000, "origin": "environment"}
    assert said["data_dir"] == {"value": str(tmp_path), "origin": "flag"}


def test_rehearse_hands_every_argument_to_the_classroom_program(monkeypatch) -> None:
    handed: list[list[str]] = []

    def remember(arguments: list[str]) -> int:
        handed.append(arguments)
        return 7

    monkeypatch.setattr(rehearse, "run", remember)
    assert cli.run(["rehearse", "--lessons", "2", "--json", "out.json", "--help"]) == 7
    assert handed == [["--lessons", "2", "--json", "out.json", "--help"]]


def recording(data: Path, lesson_id: str = "01lesson") -> None:
    folder = data / "lessons" / lesson_id
    (folder / "tracks").mkdir(parents=True)
    people = [Participant(id="staff-1", role="lead", school="中心小学", name="主讲教师", colour="#000000")]
    manifest = Manifest(
        id=lesson_id, title="认识分数", subject="数学", mode="blended", state="finished", run=1,
        started="2027-01-15T08:00:00.000Z", origin_ms=0, duration_ms=3_723_000, people=people, spans=[], clocks=[],
    )  # fmt: skip
    write_manifest(folder, manifest)


def test_recordings_are_listed_in_words_and_as_json(capsys, language: str, tmp_path: Path) -> None:
    recording(tmp_path)
    assert cli.run(["recordings", "list", "--data", str(tmp_path)]) == OK
    said = capsys.readouterr().out
    assert "1:02:03" in said
    assert ("完整" in said) == (language == "zh-CN")
    assert cli.run(["recordings", "list", "--json", "--data", str(tmp_path)]) == OK
    (entry,) = msgspec.json.decode(capsys.readouterr().out)
    assert (entry["id"], entry["title"], entry["duration_ms"]) == ("01lesson", "认识分数", 3_723_000)


@pytest.mark.parametrize("verb", ["verify", "repair"])
def test_an_unknown_recording_is_named(capsys, language: str, tmp_path: Path, verb: str) -> None:
    recording(tmp_path)
    assert cli.run(["recordings", verb, "01other", "--data", str(tmp_path)]) == NO_INPUT
    assert "01other" in capsys.readouterr().err
    assert cli.run(["recordings", verb, "01lesson", "--json", "--data", str(tmp_path)]) == OK
    assert msgspec.json.decode(capsys.readouterr().out)[0]["id"] == "01lesson"


def test_what_is_copied_out_or_repaired_is_in_the_audit_log(capsys, language: str, tmp_path: Path) -> None:
    recording(tmp_path)

    async def rows() -> list[tuple[str, ...]]:
        store = await open_store(tmp_path)
        try:
            entries = [row.entry for row in await store.audit.page()]
            return [(one.role, one.what, one.outcome, one.about, one.code) for one in reversed(entries)]
        finally:
            await store.close()

    assert cli.run(["recordings", "repair", "--data", str(tmp_path)]) == OK, "without a database there is no log"
    assert asyncio.run(rows()) == []
    assert cli.run(["recordings", "repair", "--data", str(tmp_path)]) == OK
    out = str(tmp_path / "out")
    assert cli.run(["recordings", "export", "01other", out, "--data", str(tmp_path)]) == NO_INPUT
    assert cli.run(["recordings", "export", "01lesson", out, "--data", str(tmp_path)]) == OK
    assert asyncio.run(rows()) == [
        ("operator", "recordings.change", "changed", "01lesson", "repair_recording"),
        ("operator", "recordings.watch", "seen", "01lesson", "export_recording"),
    ]


def test_no_recordings_are_said_to_be_none(capsys, language: str, tmp_path: Path) -> None:
    for verb in ("list", "verify", "repair"):
        assert cli.run(["recordings", verb, "--data", str(tmp_path)]) == OK
        assert "。" in (said := capsys.readouterr().out) or "." in said


@pytest.mark.parametrize("verb", ["list", "verify", "repair"])
def test_a_data_directory_that_is_not_there_is_not_taken_for_an_empty_one(
    capsys, language: str, tmp_path: Path, verb: str
) -> None:
    assert cli.run(["recordings", verb, "--data", str(tmp_path / "elsewhere")]) == NO_INPUT
    said = capsys.readouterr()
    assert said.out == ""
    assert str(tmp_path / "elsewhere") in said.err
    assert "--data" in said.err


def test_help_imports_neither_the_server_nor_its_libraries() -> None:
    program = (
        "import sys; from server import cli; cli.run(['--help']); cli.run(['serve', '--help']);"
        "print([name for name in ('aiohttp', 'sqlalchemy', 'structlog', 'av', 'rich') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "[]"


def test_serving_imports_no_codec_and_nothing_it_does_not_need() -> None:
    program = (
        "import sys; from server import cli; cli._lean(); from server import serving;"
        "print([name for name in ('av', 'cv2', 'rich', 'pydantic', 'alembic', 'sqlalchemy.orm', 'aiortc.codecs')"
        " if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "[]"


def test_tables_line_up_with_chinese_in_them() -> None:
    assert table(["课题", "a"], [["数学", "1"], ["abcde", "22"]]) == "课题   a\n数学   1\nabcde  22"


def test_lengths_and_sizes_are_for_people() -> None:
    assert [duration(ms) for ms in (0, 61_000, 3_600_000)] == ["00:00", "01:01", "1:00:00"]
    assert [size(count) for count in (0, 1023, 1024, 5 * 1024**3, 3 * 1024**5)] == [
        "0 B", "1023 B", "1.0 KiB", "5.0 GiB", "3072.0 TiB",
    ]  # fmt: skip
