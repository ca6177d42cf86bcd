"""The text of an SDP offer: its m-sections, and their attributes as (name, value) pairs (RFC 8866)."""

from __future__ import annotations

import re
from typing import Literal

MAX_OFFER_BYTES = 262_144
MAX_LINES = 6_000
MAX_SECTIONS = 24

RefusalCode = Literal[
    "offer_too_large",
    "offer_malformed",
    "offer_shape",
    "offer_fingerprint",
    "offer_ice",
    "offer_setup",
    "offer_codec",
    "offer_sends",
]
Attributes = list[tuple[str, str]]
TOKEN = re.compile(r"[A-Za-z0-9+/_.:-]{1,64}")


class OfferRefused(Exception):
    """The offer cannot be answered. `code` is stable; `detail` is for the log and the developer."""

    def __init__(self, code: RefusalCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def sections_of(sdp: str) -> tuple[Attributes, list[tuple[str, Attributes]]]:
    """Session attributes, and each m-line with its attributes.

    Raises:
        OfferRefused: it is too long, or no SDP.
    """
    if len(sdp) > MAX_OFFER_BYTES:
        raise OfferRefused("offer_too_large", f"more than {MAX_OFFER_BYTES} bytes")
    rows = sdp.splitlines()
    if not rows or rows[0].strip() != "v=0" or len(rows) > MAX_LINES:
        raise OfferRefused("offer_malformed", "does not begin with v=0, or has too many lines")
    session: Attributes = []
    sections: list[tuple[str, Attributes]] = []
    for row in rows:
        if row.startswith("m="):
            sections.append((row[2:], []))
            if len(sections) > MAX_SECTIONS:
                raise OfferRefused("offer_shape", f"more than {MAX_SECTIONS} m-sections")
        elif row.startswith("a="):
            name, _, value = row[2:].strip().partition(":")
            (sections[-1][1] if sections else session).append((name, value))
    return session, sections


def values(attributes: Attributes, wanted: str) -> list[str]:
    """Of every attribute of that name, in order."""
    return [value for name, value in attributes if name == wanted]


def number(text: str, most: int) -> int:
    """A decimal number up to `most`.

    Raises:
        OfferRefused: it is another thing.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > most:
        raise OfferRefused("offer_malformed", "a number is missing or out of range")
    return int(text)
