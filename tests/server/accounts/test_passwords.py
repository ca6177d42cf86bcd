"""Which passwords will do, one-time ones, hashes."""

from __future__ import annotations

import asyncio

import pytest

from server.accounts.passwords import WAITING, Hasher, TooBusy, complaint, one_time_password


@pytest.fixture
def hasher():
    made = Hasher(memory_kib=64, passes=1)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "short"),
        ("九个字的口令还太短", "short"),
        ("kq7-mw2vx", "short"),
        ("x" * 129, "long"),
        ("1234567890", "easy"),
        ("0987654321", "easy"),
        ("１２３４５６７８９０", "easy"),
        ("qwertyuiop", "easy"),
        ("1qaz2wsx3edc", "easy"),
        ("aaaaaaaaaaaa", "easy"),
        ("ababababab", "easy"),
        ("password123", "easy"),
        ("Woaini1314520", "easy"),
        ("Admin@2026!", "easy"),
        ("wangfang-2026", "named"),
        ("2026-WANGFANG", "named"),
        ("春天的小河静静流过村庄", None),
        ("three cows by the river", None),
        ("kq7mw2vxp4", None),
        ("2026年9月开学第一天", None),
    ],
)
def test_a_password_is_long_and_not_what_everybody_tries_first(password: str, why: str | None) -> None:
    assert complaint(password, "wangfang") == why


def test_one_time_passwords_pass_the_rules_and_read_well_aloud() -> None:
    made = {one_time_password() for _ in range(200)}
    assert len(made) == 200
    assert {complaint(one, "wangfang") for one in made} == {None}
    assert not set("".join(made)) & set("0o1il")


async def test_a_hash_matches_its_password_only_and_names_argon2id(hasher: Hasher) -> None:
    hashed = await hasher.hash("春天的小河静静流过村庄")
    assert hashed.startswith("$argon2id$")
    assert await hasher.matches(hashed, "春天的小河静静流过村庄")
    assert not await hasher.matches(hashed, "春天的小河静静流过村落")
    assert hashed != await hasher.hash("春天的小河静静流过村庄")


async def test_full_width_and_composed_spellings_are_one_password(hasher: Hasher) -> None:
    hashed = await hasher.hash("ｋｑ７ｍｗ２ｖｘｐ４é")
    assert await hasher.matches(hashed, "kq7mw2vxp4e\u0301")


async def test_nobodys_hash_never_matches_and_a_damaged_one_neither(hasher: Hasher) -> None:
    assert not await hasher.matches(None, "")
    assert not await hasher.matches("no hash at all", "kq7mw2vxp4")


async def test_a_hash_with_older_settings_is_told(hasher: Hasher) -> None:
    weaker = Hasher(memory_kib=32, passes=1)
    assert hasher.outdated(await weaker.hash("kq7mw2vxp4"))
    assert not hasher.outdated(await hasher.hash("kq7mw2vxp4"))
    weaker.close()


async def test_a_flood_is_turned_away_instead_of_queued(hasher: Hasher) -> None:
    results = await asyncio.gather(*(hasher.matches(None, "x") for _ in range(WAITING + 5)), return_exceptions=True)
    assert [type(result) for result in results].count(TooBusy) == 5
    assert not await hasher.matches(None, "afterwards it serves again")
