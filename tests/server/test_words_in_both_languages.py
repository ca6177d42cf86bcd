"""The catalogs: the same keys and places in both languages, and every key the code asks for."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path

SERVER = Path(__file__).parents[2] / "server"
CATALOGS = {
    language: json.loads((SERVER / "locale" / f"{language}.json").read_text(encoding="utf-8"))
    | json.loads((SERVER / "locale" / "exchange" / f"{language}.json").read_text(encoding="utf-8"))
    for language in ("zh-CN", "en")
}
HAN = re.compile(r"[\u4e00-\u9fff]")


def places(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def test_both_catalogs_have_the_same_keys() -> None:
    assert CATALOGS["zh-CN"].keys() == CATALOGS["en"].keys()


def test_both_languages_say_the_same_things() -> None:
    chinese, english = CATALOGS["zh-CN"], CATALOGS["en"]
    assert {key: words for key, words in chinese.items() if places(words) != places(english[key])} == {}


def test_english_has_no_chinese_in_it() -> None:
    assert [key for key, words in CATALOGS["en"].items() if HAN.search(words)] == []


def sources() -> list[Path]:
    return [path for path in SERVER.rglob("*.py") if "migrations" not in path.parts]


def test_every_key_written_in_the_code_exists() -> None:
    asked = {
        key for path in sources() for key in re.findall(r'(?:texts|both)\(\s*"([a-z_.]+)"', path.read_text("utf-8"))
    }
    assert len(asked) > 40
    assert asked - CATALOGS["zh-CN"].keys() == set()


def test_every_problem_code_has_words() -> None:
    codes = {
        code for path in sources() for code in re.findall(r'Problem\(\s*\d{3}, "([a-z_]+)"', path.read_text("utf-8"))
    }
    assert len(codes) > 10
    for code in codes:
        assert {f"problem.{code}.title", f"problem.{code}.detail"} <= CATALOGS["en"].keys()


def test_every_finding_of_the_doctor_has_words() -> None:
    text = "".join(path.read_text("utf-8") for path in (SERVER / "doctor").glob("*.py"))
    asked = set(re.findall(r'"@?((?:certificate|clock|port|purpose|tool)\.[a-z_.]+)"', text))
    for kind, check in re.findall(r'\b(fine|warn|wrong)\("([a-z]+)"[,)]', text):
        level = {"fine": "ok", "warn": "warning", "wrong": "problem"}[kind]
        if f"doctor.{check}.{level}" in CATALOGS["en"]:
            asked.add(f"{check}.{level}")
    assert {f"doctor.{key}" for key in asked} - CATALOGS["en"].keys() == set()


def test_no_chinese_is_in_the_code_itself() -> None:
    written = [str(path.relative_to(SERVER)) for path in sources() if HAN.search(path.read_text(encoding="utf-8"))]
    assert written == []
