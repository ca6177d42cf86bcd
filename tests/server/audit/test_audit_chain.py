"""The chain names the row that was tampered with."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.audit.chain import GENESIS, Broken, Entry, Row, digest, seal, verify
from tests.any_text import any_text


def chain(length: int) -> list[Row]:
    rows: list[Row] = []
    for number in range(1, length + 1):
        entry = Entry(at_ms=1_800_000_000_000 + number, who=f"staff-{number}", role="lead", what="x", outcome="seen")
        rows.append(seal(number, entry, rows[-1].hash if rows else GENESIS))
    return rows


def changed(row: Row, **fields: object) -> Row:
    return msgspec.structs.replace(row, entry=msgspec.structs.replace(row.entry, **fields))


def test_an_untouched_chain_is_whole() -> None:
    assert list(verify(chain(20))) == []
    rows = chain(20)
    assert list(verify(rows[10:], before=rows[9])) == []


def test_the_hash_of_a_row_is_fixed_for_ever() -> None:
    entry = Entry(at_ms=1, who="staff-1", role="lead", what="recordings.watch", outcome="seen", about="学")
    assert digest(1, entry, GENESIS).hex() == "d50ccce7df9e15a6589b6e180e5947ecb6a04e18b67d4830af2095b8c6748534"


@pytest.mark.parametrize("field", ["at_ms", "who", "role", "what", "outcome", "about", "network", "code", "times"])
def test_a_change_of_any_field_is_named(field: str) -> None:
    rows = chain(9)
    value = {"at_ms": 5, "times": 2, "outcome": "refused"}.get(field, "other")
    rows[4] = changed(rows[4], **{field: value})
    assert list(verify(rows)) == [Broken(5, "changed")]


def test_a_removed_row_is_named() -> None:
    for missing in (1, 5):
        rows = chain(9)
        del rows[missing - 1]
        assert list(verify(rows)) == [Broken(missing, "removed")]


def test_swapped_rows_are_both_named() -> None:
    rows = chain(9)
    rows[2], rows[6] = (
        msgspec.structs.replace(rows[2], entry=rows[6].entry),
        msgspec.structs.replace(rows[6], entry=rows[2].entry),
    )
    assert list(verify(rows)) == [Broken(3, "changed"), Broken(7, "changed")]


def test_a_row_whose_hash_was_made_anew_is_betrayed_by_the_next() -> None:
    rows = chain(9)
    forged = changed(rows[4], who="staff-9")
    rows[4] = seal(5, forged.entry, forged.previous)
    assert list(verify(rows)) == [Broken(5, "resealed")]


def test_a_chain_that_begins_anew_in_the_middle_is_named() -> None:
    rows = chain(9)
    rows[4] = seal(5, rows[4].entry, GENESIS)
    assert Broken(4, "resealed") in list(verify(rows))


@given(st.integers(1, 12), st.data())
def test_no_single_change_goes_unseen(length: int, data: st.DataObject) -> None:
    rows = chain(length)
    place = data.draw(st.integers(0, length - 1))
    field = data.draw(st.sampled_from(["who", "what", "about", "network", "code"]))
    text = data.draw(any_text(max_size=20))
    forged = changed(rows[place], **{field: text})
    found = list(verify([*rows[:place], forged, *rows[place + 1 :]]))
    assert found == ([] if forged == rows[place] else [Broken(place + 1, "changed")])
