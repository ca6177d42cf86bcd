"""TOTP against the vectors of RFC 6238, and recovery codes."""

from __future__ import annotations

import base64

import pytest

from server.accounts import codes

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (2000000000, "69279037")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, eight_digits: str) -> None:
    assert codes.step(RFC_SECRET, eight_digits[2:], seconds * 1000, 0) == seconds // 30


def test_a_code_is_good_half_a_minute_either_way_and_once() -> None:
    code, at = "081804", 1_111_111_109
    own = at // 30
    taken = {later: codes.step(RFC_SECRET, code, (at + later) * 1000, 0) for later in (-60, -30, 0, 30, 60)}
    assert taken == {-60: None, -30: own, 0: own, 30: own, 60: None}
    assert codes.step(RFC_SECRET, code, at * 1000, last_step=own) is None


@pytest.mark.parametrize("code", ["", "28708", "2870822", "28708a", "２８７０８２", "-87082", "287082\n", "000000"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert codes.step(RFC_SECRET, code, 59_000, 0) is None


def test_a_code_may_be_typed_in_two_groups() -> None:
    assert codes.step(RFC_SECRET, "287 082", 59_000, 0) == 1


def test_the_address_for_the_app_carries_the_secret_the_name_and_the_issuer() -> None:
    address = codes.address(RFC_SECRET, "王芳", "同课")
    assert address.startswith("otpauth://totp/")
    assert f"secret={RFC_SECRET}" in address


def test_recovery_codes_are_many_different_and_found_however_they_are_typed() -> None:
    made = codes.recovery_codes()
    assert len(set(made)) == 10
    digest = codes.recovery_digest(made[0])
    assert digest is not None
    assert codes.recovery_digest(made[0].upper().replace("-", " ")) == digest
    assert codes.recovery_digest(made[1]) != digest


@pytest.mark.parametrize("code", ["", "123456", "kkkk-kkkk-kkkk", "k" * 17, "é" * 16])
def test_what_is_no_recovery_code_has_no_digest(code: str) -> None:
    assert codes.recovery_digest(code) is None
