"""EBML elements as bytes, and back (RFC 8794): the grammar under Matroska (RFC 9559)."""

from __future__ import annotations

import struct

UNKNOWN_SIZE_8 = b"\x01\xff\xff\xff\xff\xff\xff\xff"
CRC32 = 0xBF
VOID = 0xEC


def size(value: int) -> bytes:
    """`value` as the shortest element size (RFC 8794, section 6)."""
    for length in range(1, 9):
        if value < (1 << (7 * length)) - 1:
            return ((1 << (7 * length)) | value).to_bytes(length, "big")
    raise ValueError(value)


def size_4(value: int) -> bytes:
    """`value` as a size of exactly 4 bytes, so that it can be changed in place."""
    return (0x1000_0000 | value).to_bytes(4, "big")


def size_8(value: int) -> bytes:
    """`value` as a size of exactly 8 bytes, so that it can be changed in place."""
    return (0x0100_0000_0000_0000 | value).to_bytes(8, "big")


def identifier(element_id: int) -> bytes:
    """The bytes of an element ID, marker bits included."""
    return element_id.to_bytes((element_id.bit_length() + 7) // 8, "big")


def element(element_id: int, payload: bytes) -> bytes:
    """A whole element."""
    return identifier(element_id) + size(len(payload)) + payload


def uint(element_id: int, value: int) -> bytes:
    """An unsigned integer element, in as few bytes as it needs."""
    return element(element_id, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def text(element_id: int, value: str) -> bytes:
    """A UTF-8 string element."""
    return element(element_id, value.encode())


def float_8(element_id: int, value: float) -> bytes:
    """A float element of 8 bytes."""
    return element(element_id, struct.pack(">d", value))


def void(length: int) -> bytes:
    """An element without meaning that takes exactly `length` bytes, 2 or more (RFC 8794, section 11.3.2)."""
    if length < 2:
        raise ValueError(length)
    if length < 10:
        return bytes((VOID, 0x80 | (length - 2))) + bytes(length - 2)
    return bytes((VOID,)) + size_8(length - 9) + bytes(length - 9)


def read_id(data: bytes, at: int) -> tuple[int, int]:
    """The element ID at `at` and where its size begins.

    Raises:
        ValueError: no valid ID there, or `data` ends before it does.
    """
    if at >= len(data):
        raise ValueError("end of data")
    length = 9 - data[at].bit_length()
    if length > 4 or at + length > len(data):
        raise ValueError("no element id")
    return int.from_bytes(data[at : at + length], "big"), at + length


def read_size(data: bytes, at: int) -> tuple[int | None, int]:
    """The size at `at` (None: unknown) and where the payload begins.

    Raises:
        ValueError: no valid size there, or `data` ends before it does.
    """
    if at >= len(data):
        raise ValueError("end of data")
    length = 9 - data[at].bit_length()
    if length > 8 or at + length > len(data):
        raise ValueError("no element size")
    ones = (1 << (7 * length)) - 1
    value = int.from_bytes(data[at : at + length], "big") & ones
    return (None if value == ones else value), at + length


def children(data: bytes) -> list[tuple[int, int, bytes]]:
    """(id, offset of the child, payload) of each whole child of a master element's payload; a torn end is left out."""
    found: list[tuple[int, int, bytes]] = []
    at = 0
    try:
        while at < len(data):
            element_id, after_id = read_id(data, at)
            length, start = read_size(data, after_id)
            if length is None or start + length > len(data):
                break
            found.append((element_id, at, data[start : start + length]))
            at = start + length
    except ValueError:
        pass
    return found
