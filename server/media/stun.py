"""STUN as an ICE-lite agent needs it: binding requests in, responses out (RFC 8489, RFC 8445 section 7.3).

Parsing is strict and silent: anything not a well-formed binding request gives None, so that junk costs little and is
never answered.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import zlib
from struct import Struct

from msgspec import Struct as Record

COOKIE = b"\x21\x12\xa4\x42"
HEADER_BYTES = 20
MAX_BYTES = 576
"""A binding request of any agent is far shorter."""
BINDING_REQUEST = b"\x00\x01"
BINDING_SUCCESS = 0x0101
BINDING_ERROR = 0x0111
USERNAME, INTEGRITY, ERROR_CODE, XOR_MAPPED_ADDRESS = 0x0006, 0x0008, 0x0009, 0x0020
USE_CANDIDATE, FINGERPRINT, ICE_CONTROLLED = 0x0025, 0x8028, 0x8029
FINGERPRINT_XOR = 0x5354554E
ROLE_CONFLICT = (487, b"Role Conflict")

_ATTRIBUTE = Struct("!HH")
_HEADER = Struct("!HH4s12s")
_PORT_MASK = 0x2112


class BindingRequest(Record, frozen=True):
    """A well-formed binding request, not yet authenticated.

    username: `<our ufrag>:<their ufrag>`. covered: how many bytes MESSAGE-INTEGRITY covers. controlled: the sender
    claims the controlled role, which only a lite agent has.
    """

    transaction: bytes
    username: str
    covered: int
    integrity: bytes
    nominates: bool
    controlled: bool


def parse_request(data: bytes) -> BindingRequest | None:
    """Reads a binding request; None for everything else. Attributes after MESSAGE-INTEGRITY count for nothing."""
    size = len(data)
    if size < HEADER_BYTES or size > MAX_BYTES or data[:2] != BINDING_REQUEST or data[4:8] != COOKIE:
        return None
    if int.from_bytes(data[2:4], "big") + HEADER_BYTES != size:
        return None
    username, nominates, controlled, at = b"", False, False, HEADER_BYTES
    while at + 4 <= size:
        kind, length = _ATTRIBUTE.unpack_from(data, at)
        value = data[at + 4 : at + 4 + length]
        if len(value) != length:
            return None
        if kind == INTEGRITY:
            if length != 20 or not username.isascii():
                return None
            return BindingRequest(data[8:20], username.decode("ascii"), at, value, nominates, controlled)
        if kind == USERNAME:
            username = value
        nominates = nominates or kind == USE_CANDIDATE
        controlled = controlled or kind == ICE_CONTROLLED
        at += 4 + length + (-length % 4)
    return None


def authentic(data: bytes, request: BindingRequest, password: bytes) -> bool:
    """Whether MESSAGE-INTEGRITY was made with `password` (RFC 8489, section 14.5)."""
    expected = _integrity(data[: request.covered], password)
    return hmac.compare_digest(expected, request.integrity)


def success(transaction: bytes, address: tuple[str, int], password: bytes) -> bytes:
    """A binding success response telling the sender its `address` (IPv4 or IPv6 literal, port)."""
    return _signed(
        BINDING_SUCCESS, transaction, _attribute(XOR_MAPPED_ADDRESS, _mapped(address, transaction)), password
    )


def role_conflict(transaction: bytes, password: bytes) -> bytes:
    """A 487 error response (RFC 8445, section 7.3.1.1)."""
    code, reason = ROLE_CONFLICT
    value = bytes((0, 0, code // 100, code % 100)) + reason
    return _signed(BINDING_ERROR, transaction, _attribute(ERROR_CODE, value), password)


def request(transaction: bytes, username: str, password: bytes, *, nominate: bool) -> bytes:
    """A binding request as a full agent sends it; for checks of this server by its own tests and doctor."""
    body = _attribute(USERNAME, username.encode()) + (_attribute(USE_CANDIDATE, b"") if nominate else b"")
    return _signed(0x0001, transaction, body, password)


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _mapped(address: tuple[str, int], transaction: bytes) -> bytes:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    packed = socket.inet_pton(family, address[0].split("%")[0])
    mask = (COOKIE + transaction)[: len(packed)]
    hidden = bytes(a ^ b for a, b in zip(packed, mask, strict=True))
    return bytes((0, 1 if len(packed) == 4 else 2)) + (address[1] ^ _PORT_MASK).to_bytes(2, "big") + hidden


def _integrity(covered: bytes, password: bytes) -> bytes:
    """HMAC-SHA1 over the message up to, and with a length that counts, the MESSAGE-INTEGRITY attribute."""
    length = (len(covered) - HEADER_BYTES + 24).to_bytes(2, "big")
    return hmac.digest(password, covered[:2] + length + covered[4:], hashlib.sha1)


def _signed(kind: int, transaction: bytes, body: bytes, password: bytes) -> bytes:
    message = _HEADER.pack(kind, len(body), COOKIE, transaction) + body
    body += _attribute(INTEGRITY, _integrity(message, password))
    message = _HEADER.pack(kind, len(body) + 8, COOKIE, transaction) + body
    return message + _attribute(FINGERPRINT, (zlib.crc32(message) ^ FINGERPRINT_XOR).to_bytes(4, "big"))
