"""`tongke import` and `tongke export` on a data directory of their own."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from server import cli
from server.audit.chain import Entry
from server.exits import DATA, NO_INPUT, OK, PROBLEMS
from server.store.store import open_store
from tests.server.exchange.filled_county import COUNTY, with_cell, workbook

pytestmark = pytest.mark.media


@pytest.fixture
def tongke(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    for variable in [name for name in os.environ if name.startswith("TONGKE_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("TONGKE_LANG", "en")

    def run(*words: str) -> tuple[int, str]:
        code = cli.run([*words, "--data", str(tmp_path / "data")])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "good.xlsx").write_bytes(workbook(COUNTY))
    (tmp_path / "bad.xlsx").write_bytes(workbook(with_cell("学校", 3, "学校类型", "村委会")))
    (tmp_path / "picture.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path


def test_a_county_is_imported_exported_and_found_unchanged(tongke, files: Path) -> None:
    assert tongke("import", str(files / "good.xlsx"))[0] == NO_INPUT
    tongke("accounts", "add", "wangfang", "--county", "某县")
    code, said = tongke("import", str(files / "good.xlsx"), "--dry-run")
    assert (code, said.splitlines()[-1]) == (OK, "No faults. Without --dry-run it would be written.")
    code, said = tongke("import", str(files / "good.xlsx"), "--json")
    assert (code, json.loads(said)["written"]["withdrawn"]) == (OK, 0)
    for name in ("county.xlsx", "county.zip"):
        assert tongke("export", str(files / name)) == (OK, f"11 tables written to {files / name}\n")
        code, said = tongke("import", str(files / name))
        assert (code, said.splitlines()[-1]) == (OK, "Exactly what is there already: nothing to write.")
    assert tongke("audit", "verify")[0] == OK


def test_an_export_by_an_operator_is_written_down(tongke, files: Path) -> None:
    tongke("accounts", "add", "wangfang", "--county", "某县")
    tongke("export", str(files / "county.xlsx"))

    async def newest() -> Entry:
        store = await open_store(files / "data")
        try:
            return (await store.audit.page())[0].entry
        finally:
            await store.close()

    entry = asyncio.run(newest())
    assert (entry.role, entry.what, entry.outcome, entry.about) == ("operator", "county.read", "seen", "export:county")


def test_faults_and_files_that_are_none_are_said_in_words(tongke, files: Path) -> None:
    tongke("accounts", "add", "wangfang", "--county", "某县")
    code, said = tongke("import", str(files / "bad.xlsx"))
    assert code == PROBLEMS
    assert '学校, row 3, 学校类型: "村委会" is not known. It may be: Centre school · Teaching point.' in said
    code, said = tongke("import", str(files / "picture.xlsx"))
    assert (code, '"picture.xlsx" is no table' in said) == (DATA, True)
    assert tongke("import", str(files / "missing.xlsx"))[0] == NO_INPUT
