"""Codes from a phone (TOTP, RFC 6238: SHA-1, 30 s, six digits, what every authenticator app takes) and recovery codes.

A code counts once: the step it belongs to is kept, and only later ones are taken. Phones and servers of village schools
may run half a minute apart, so the steps before and after are taken too.
"""

from __future__ import annotations

import hashlib
import re
import secrets

import pyotp
from pyotp.exceptions import OTPVerificationError

STEPS_APART = 1
RECOVERY_CODES = 10
_RECOVERY_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_RECOVERY = re.compile(r"[a-z2-9]{16}")


def new_secret() -> str:
    """160 random bits in base 32, the length RFC 4226 recommends."""
    return pyotp.random_base32()


def address(secret: str, name: str, issuer: str) -> str:
    """The `otpauth://` address an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def step(secret: str, code: str, now_ms: int, last_step: int) -> int | None:
    """The step `code` belongs to, or None: it is wrong, too old, or was used already.

    last_step: the step of the last code that was taken, 0 before the first.
    """
    digits = code.replace(" ", "")
    if not _SIX_DIGITS.fullmatch(digits):
        return None
    try:
        found = pyotp.TOTP(secret).verify_and_get_timecode(digits, for_time=now_ms // 1000, valid_window=STEPS_APART)
    except OTPVerificationError:
        return None
    return found if found > last_step else None


def recovery_codes() -> list[str]:
    """Ten codes of 79 random bits, each good for one sign-in without the phone."""
    return ["-".join(_group() for _ in range(4)) for _ in range(RECOVERY_CODES)]


def recovery_digest(code: str) -> bytes | None:
    """What is kept of a recovery code (SHA-256, as there is nothing to guess), None for what cannot be one."""
    plain = re.sub(r"[\s-]", "", code).lower()
    return hashlib.sha256(plain.encode()).digest() if _RECOVERY.fullmatch(plain) else None


def _group() -> str:
    return "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(4))
