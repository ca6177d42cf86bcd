"""What is told made small by raw deflate (RFC 1951): 23 kB of offer become 2 kB of base64, 3 s less at 64 kbit/s."""

from __future__ import annotations

import base64
import zlib

from signaling.errors import BadMessage

RAW = -15
"""zlib's window bits for deflate without a header."""


def packed(text: str) -> str:
    """`text` as base64 of raw deflate."""
    return base64.b64encode(deflated(text.encode())).decode()


def unpacked(text: str, most_bytes: int) -> str:
    """What was packed.

    Raises:
        BadMessage: it was not, or is larger than `most_bytes`.
    """
    try:
        return inflated(base64.b64decode(text, validate=True), most_bytes).decode()
    except ValueError as error:
        raise BadMessage("not packed") from error


def deflated(content: bytes) -> bytes:
    """In raw deflate (RFC 1951)."""
    deflate = zlib.compressobj(6, wbits=RAW)
    return deflate.compress(content) + deflate.flush()


def inflated(content: bytes, most_bytes: int) -> bytes:
    """What was deflated.

    Raises:
        BadMessage: it was not, or is larger than `most_bytes`.
    """
    inflate = zlib.decompressobj(RAW)
    try:
        told = inflate.decompress(content, most_bytes)
    except zlib.error as error:
        raise BadMessage("not packed") from error
    if not inflate.eof:
        raise BadMessage("cut short or too large")
    return told
