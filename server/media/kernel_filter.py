"""A filter in the kernel for the media port's UDP sockets: what is junk by its looks never wakes this process.

Passes a STUN Binding request of the right length (RFC 8489, section 5), and whatever comes from the port of a flow that
has authenticated. It spares work and grants nothing: what passes is checked as before. Classic BPF, Linux' own
documentation: networking/filter; a UDP socket's filter sees the datagram from its UDP header on.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Collection

MOST_PORTS = 1_000
"""With more there is no filter: two instructions a port, of 4096 that the kernel takes."""
_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27
_LOAD_WORD, _LOAD_HALF, _LOAD_BYTE, _LOAD_LENGTH = 0x20, 0x28, 0x30, 0x80
_JUMP_IF_EQUAL, _JUMP_IF_EQUAL_X, _JUMP_IF_GREATER, _ADD, _COPY_TO_X, _RETURN = 0x15, 0x1D, 0x25, 0x04, 0x07, 0x06
_WHOLE, _NOTHING = 0xFFFF_FFFF, 0
_UDP_HEADER, _STUN_HEADER = 8, 20
_BINDING_REQUEST, _STUN_COOKIE, _LAST_OF_STUN = 0x0001, 0x2112A442, 3
_Instruction = struct.Struct("=HBBI")


def program(ports: Collection[int]) -> bytes:
    """The filter's instructions. ports: of the flows whose every datagram passes."""
    stun = [
        (_LOAD_BYTE, 0, 0, _UDP_HEADER),
        (_JUMP_IF_GREATER, 11, 0, _LAST_OF_STUN),
        (_LOAD_HALF, 0, 0, _UDP_HEADER),
        (_JUMP_IF_EQUAL, 0, 8, _BINDING_REQUEST),
        (_LOAD_WORD, 0, 0, _UDP_HEADER + 4),
        (_JUMP_IF_EQUAL, 0, 6, _STUN_COOKIE),
        (_LOAD_HALF, 0, 0, _UDP_HEADER + 2),
        (_ADD, 0, 0, _UDP_HEADER + _STUN_HEADER),
        (_COPY_TO_X, 0, 0, 0),
        (_LOAD_LENGTH, 0, 0, 0),
        (_JUMP_IF_EQUAL_X, 0, 1, 0),
        (_RETURN, 0, 0, _WHOLE),
        (_RETURN, 0, 0, _NOTHING),
    ]
    known = [(_LOAD_HALF, 0, 0, 0)]
    for port in sorted(ports):
        known += [(_JUMP_IF_EQUAL, 0, 1, port), (_RETURN, 0, 0, _WHOLE)]
    return b"".join(_Instruction.pack(*one) for one in [*stun, *known, (_RETURN, 0, 0, _NOTHING)])


def attach(sock: socket.socket, ports: Collection[int]) -> bool:
    """Puts the filter in force, in place of the one before; False where the kernel has none, or ports are too many."""
    try:
        if len(ports) > MOST_PORTS:
            sock.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
            return False
        code = program(ports)
        held = ctypes.create_string_buffer(code, len(code))
        header = struct.pack("@HP", len(code) // _Instruction.size, ctypes.addressof(held))
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, header)
    except OSError:
        return False
    return True
