"""Pairing codes: what a screen shows, how long it holds, and what one may do with it."""

from __future__ import annotations

import pytest

from server.devices.codes import (
    ALPHABET,
    KEPT_MS,
    LENGTH,
    LIFETIME_MS,
    SCREENS_AT_MOST,
    SCREENS_PER_ADDRESS,
    Assignment,
    PairingCodes,
    TooManyScreens,
    fresh_code,
    normalise,
)

NOW = 1_800_000_000_000
ROOM = Assignment("device-1", "room-1", "staff-1")


def test_a_code_has_eight_characters_that_nobody_confuses() -> None:
    codes = [fresh_code() for _ in range(500)]
    assert {len(code) for code in codes} == {LENGTH}
    assert set("".join(codes)) <= set(ALPHABET)
    assert not set("0O1I") & set(ALPHABET)
    assert len(set(codes)) == 500


def test_a_code_is_found_as_people_type_it() -> None:
    codes = PairingCodes()
    waiting, _ = codes.ask("page", "10.0.0.1", NOW)
    typed = f" {waiting.code[:4].lower()}-{waiting.code[4:]} "
    assert normalise(typed) == waiting.code
    assert codes.find(typed, NOW) is waiting


def test_a_code_expires_after_ten_minutes() -> None:
    codes = PairingCodes()
    waiting, claim = codes.ask("page", "10.0.0.1", NOW)
    assert codes.find(waiting.code, NOW + LIFETIME_MS - 1) is waiting
    assert codes.find(waiting.code, NOW + LIFETIME_MS) is None
    assert codes.claimed(claim, NOW + LIFETIME_MS) is None


def test_a_code_works_once_and_only_its_own_screen_gets_the_room() -> None:
    codes = PairingCodes()
    waiting, claim = codes.ask("page", "10.0.0.1", NOW)
    _, other = codes.ask("page", "10.0.0.1", NOW)
    codes.assign(waiting, ROOM, NOW)
    assert codes.find(waiting.code, NOW) is None
    taken, still_waits = codes.claimed(claim, NOW), codes.claimed(other, NOW)
    assert taken is not None
    assert taken.assigned == ROOM
    assert still_waits is not None
    assert still_waits.assigned is None
    codes.done(claim)
    assert codes.claimed(claim, NOW) is None


def test_a_room_waits_two_minutes_for_its_screen() -> None:
    codes = PairingCodes()
    waiting, claim = codes.ask("appliance", "10.0.0.1", NOW)
    codes.assign(waiting, ROOM, NOW + LIFETIME_MS - 1)
    assert codes.claimed(claim, NOW + LIFETIME_MS - 1 + KEPT_MS - 1) is waiting
    assert codes.claimed(claim, NOW + LIFETIME_MS - 1 + KEPT_MS) is None


def test_an_address_with_too_many_screens_loses_its_own_oldest_code() -> None:
    codes = PairingCodes()
    neighbour, _ = codes.ask("page", "10.0.0.2", NOW)
    waiting = [codes.ask("page", "10.0.0.1", NOW)[0] for _ in range(SCREENS_PER_ADDRESS + 1)]
    assert codes.find(waiting[0].code, NOW) is None
    assert [codes.find(one.code, NOW) for one in waiting[1:]] == waiting[1:]
    assert codes.find(neighbour.code, NOW) is neighbour


def test_more_screens_than_anybody_could_pair_are_refused_until_codes_expire() -> None:
    codes = PairingCodes()
    for number in range(SCREENS_AT_MOST):
        codes.ask("page", f"address-{number}", NOW)
    with pytest.raises(TooManyScreens):
        codes.ask("page", "one more", NOW)
    codes.ask("page", "one more", NOW + LIFETIME_MS)
