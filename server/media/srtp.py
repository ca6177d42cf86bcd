"""SRTP in place (RFC 3711, RFC 7714): libsrtp called on buffers that already hold the packet.

pylibsrtp's own methods copy each packet twice and refuse what is over 1356 bytes; its binding does not. The hot loops
of the plane call `protect_rtp` and `unprotect_rtp` themselves, with the `context` of a session.
"""

from __future__ import annotations

from typing import Any

from pylibsrtp import Error, Policy
from pylibsrtp._binding import ffi, lib

from server.media.plane import SrtpKeys

REPLAY_WINDOW = 1024
"""Packets: more than a second of the fastest source, so that a repair that comes late is not taken for a replay."""
TAG_BYTES = {"SRTP_AEAD_AES_128_GCM": 16, "SRTP_AEAD_AES_256_GCM": 16, "SRTP_AES128_CM_SHA1_80": 10}
_PROFILES = {
    "SRTP_AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "SRTP_AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    "SRTP_AES128_CM_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}
_RTCP_ROOM = 192
"""Bytes an SRTCP trailer may take, generously."""

protect_rtp = lib.srtp_protect
"""(context, pointer to the RTP packet, pointer to its length in and out) -> 0 or an error number."""
unprotect_rtp = lib.srtp_unprotect


class SrtpSession:
    """One direction of one peer. Every SSRC is its own stream, made at its first packet.

    A sending session refuses to send one sequence number twice: under AES-GCM that would give the key away
    (RFC 7714, section 8.3).
    """

    def __init__(self, keys: SrtpKeys, *, sending: bool) -> None:
        direction = Policy.SSRC_ANY_OUTBOUND if sending else Policy.SSRC_ANY_INBOUND
        policy = Policy(keys.tx if sending else keys.rx, direction, 0, _PROFILES[keys.profile])
        policy.window_size = REPLAY_WINDOW
        policy.allow_repeat_tx = False
        handle = ffi.new("srtp_t *")
        if lib.srtp_create(handle, policy._policy):
            raise Error("srtp_create failed")
        self._handle = ffi.gc(handle, lambda owned: lib.srtp_dealloc(owned[0]))
        self.context: Any = handle[0]
        self.tag_bytes = TAG_BYTES[keys.profile]
        self._length = ffi.new("int *")

    def rtcp(self, packet: bytes, *, protect: bool) -> bytes | None:
        """The packet protected, or checked and decrypted; None if libsrtp refuses it."""
        room = ffi.new("unsigned char[]", len(packet) + _RTCP_ROOM)
        ffi.memmove(room, packet, len(packet))
        self._length[0] = len(packet)
        change = lib.srtp_protect_rtcp if protect else lib.srtp_unprotect_rtcp
        if change(self.context, room, self._length):
            return None
        clear: bytes = ffi.buffer(room, self._length[0])[:]
        return clear


class PacketBuffer:
    """Memory that both Python and libsrtp see: `view` for reading bytes, `raw` for slices as bytes, `pointer` for C."""

    def __init__(self, size: int) -> None:
        self._memory = ffi.new("unsigned char[]", size)
        self.pointer: Any = ffi.cast("unsigned char *", self._memory)
        self.raw: Any = ffi.buffer(self._memory)
        self.view = memoryview(self.raw)
        self.address = int(ffi.cast("uintptr_t", self._memory))


class Length:
    """An `int *` for the length argument of `protect_rtp` and `unprotect_rtp`; `view[0]` is its value, read fast."""

    def __init__(self) -> None:
        self.pointer: Any = ffi.new("int *")
        self.view = memoryview(ffi.buffer(self.pointer)).cast("B").cast("i")
