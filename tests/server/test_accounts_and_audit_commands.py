"""`tongke accounts` and `tongke audit` on a data directory of their own."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from server import cli
from server.exits import DATA, NO_INPUT, OK, PROBLEMS, USAGE


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [name for name in os.environ if name.startswith("TONGKE_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("TONGKE_LANG", "en")


@pytest.fixture
def tongke(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def run(*words: str) -> tuple[int, str]:
        code = cli.run([*words, "--data", str(tmp_path / "data")])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("words", [["accounts"], ["accounts", "add"], ["accounts", "reset"], ["audit", "verify"]])
def test_the_commands_explain_themselves(capsys, monkeypatch, language: str, words: list[str]) -> None:
    monkeypatch.setenv("TONGKE_LANG", language)
    assert cli.run([*words, "--help"]) == OK
    assert ("显示这段说明" in capsys.readouterr().out) == (language == "zh-CN")


def test_the_first_administrator_is_made_before_the_first_start(tongke) -> None:
    code, said = tongke("accounts", "add", "WangFang", "--person", "王芳", "--county", "某县")
    assert code == OK
    assert "Name: wangfang" in said
    code, said = tongke("accounts", "list", "--json")
    (card,) = json.loads(said)
    assert (card["sign_in_name"], card["name"], card["role"], card["state"]) == (
        "wangfang", "王芳", "county_admin", "first_password",
    )  # fmt: skip
    first = json.loads(tongke("accounts", "reset", "wangfang", "--json")[1])["password"]
    assert first != json.loads(tongke("accounts", "reset", "wangfang", "--json")[1])["password"]


def test_what_does_not_fit_is_said_in_words(tongke) -> None:
    assert tongke("accounts", "list")[0] == NO_INPUT
    assert tongke("accounts", "add", "wangfang") == (
        DATA, "tongke: There is no county yet. Add --county and its name.\n",
    )  # fmt: skip
    assert tongke("accounts", "add", "wangfang", "--county", "某县")[0] == OK
    for words, said in (
        (["add", "wangfang"], "Somebody has the name"),
        (["add", "a b"], "A name has 2 to 63"),
        (["add", "lilei", "--school", "school-no"], "There is no school"),
        (["add", "lilei", "--staff", "staff-no"], "There is nobody"),
        (["reset", "nobody"], "There is no account"),
    ):
        code, words_said = tongke("accounts", *words)
        assert (code in (DATA, NO_INPUT), said in words_said) == (True, True), words
    tongke("accounts", "add", "second", "--county", "另一县")
    assert "There are several counties" in tongke("accounts", "add", "third")[1]


def test_the_audit_log_is_verified_and_tampering_is_named(tongke, tmp_path: Path) -> None:
    tongke("accounts", "add", "wangfang", "--county", "某县")
    tongke("accounts", "reset", "wangfang")
    code, said = tongke("audit", "verify", "--json")
    verdict = json.loads(said)
    assert (code, verdict["rows"], verdict["broken"]) == (OK, 2, [])
    assert tongke("audit", "verify", "--since", verdict["head"])[0] == OK
    assert tongke("audit", "verify", "--since", "2:" + "0" * 64)[0] == PROBLEMS
    assert tongke("audit", "verify", "--since", "rubbish")[0] == USAGE
    with closing(sqlite3.connect(tmp_path / "data" / "tongke.db")) as raw, raw:
        raw.execute("DROP TRIGGER audit_no_delete")
        raw.execute("DELETE FROM audit WHERE number = 1")
    code, said = tongke("audit", "verify")
    assert (code, "Row 1: removed." in said) == (PROBLEMS, True)
