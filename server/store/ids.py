"""Identifiers the server makes: 48 bits of time and 80 random bits in Crockford's base 32, sortable by birth.

Source of the layout: the ULID specification. Prefixes (`room-`, `staff-` ...) tell a reader of a log what a thing is.
"""

from __future__ import annotations

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str, now_ms: int) -> str:
    """`<prefix>-<26 characters>`, or the 26 characters alone for an empty prefix; `now_ms` is UTC."""
    value = (now_ms & (1 << 48) - 1) << 80 | secrets.randbits(80)
    text = "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))
    return f"{prefix}-{text}" if prefix else text
