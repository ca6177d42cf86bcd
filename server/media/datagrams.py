"""A UDP socket read and written in batches: recvmmsg(2), and one send for a run of equal datagrams (UDP_SEGMENT).

recvmmsg is called through cffi, because per datagram `socket.recvfrom` builds an address tuple and a bytes object that
this server does not need. UDP_SEGMENT is the kernel's segmentation offload (Linux 4.18, udp(7)): the kernel's path per
datagram costs several times what encrypting it does.
"""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any

from server.media._recvmmsg import ffi as _ffi
from server.media.srtp import PacketBuffer

BATCH = 64
STRIDE = 2048
"""Bytes of one slot of the receive buffer; longer datagrams are cut, and refused by their length."""
SOCKET_BUFFER_BYTES = 4 << 20
MAX_SEGMENTS = 60
"""Datagrams in one send: below UDP_MAX_SEGMENTS of every kernel (64)."""
UDP_SEGMENT = 103
_SO_RCVBUFFORCE, _SO_SNDBUFFORCE = 33, 32
_NAME_BYTES = 32
_SEGMENT = Struct("=H")
_NO_SEGMENTS = {errno.EIO, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOPROTOOPT, errno.EMSGSIZE}

_libc: Any = _ffi.dlopen(None)


class DatagramSocket:
    """A bound, non-blocking UDP socket. Addresses are opaque keys until `address` reads them."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.buffer = PacketBuffer(BATCH * STRIDE)
        self._fd = sock.fileno()
        self._ipv6 = sock.family == socket.AF_INET6
        self._names = _ffi.new("unsigned char[]", BATCH * _NAME_BYTES)
        self._name_view = memoryview(_ffi.buffer(self._names))
        self._iovecs = _ffi.new("struct iovec[]", BATCH)
        self._headers = _ffi.new("struct mmsghdr[]", BATCH)
        for at in range(BATCH):
            self._iovecs[at].iov_base = _ffi.cast("void *", self.buffer.address + at * STRIDE)
            self._iovecs[at].iov_len = STRIDE
            header = self._headers[at].msg_hdr
            header.msg_name, header.msg_namelen = self._names + at * _NAME_BYTES, 28 if self._ipv6 else 16
            header.msg_iov, header.msg_iovlen = self._iovecs + at, 1
        words = memoryview(_ffi.buffer(self._headers)).cast("B").cast("I")
        per_header = _ffi.sizeof("struct mmsghdr") // 4
        self._sizes = words[_ffi.offsetof("struct mmsghdr", "msg_len") // 4 :: per_header]
        self._keys4 = self._name_view.cast("B").cast("Q")[:: _NAME_BYTES // 8]
        self._controls: dict[int, list[tuple[int, int, bytes]]] = {}

    @staticmethod
    def bind(host: str, port: int, family: int) -> DatagramSocket:
        """Binds; raises OSError. Asks for large kernel buffers: a stall of 10 ms holds hundreds of packets."""
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            for forced, plain in ((_SO_RCVBUFFORCE, socket.SO_RCVBUF), (_SO_SNDBUFFORCE, socket.SO_SNDBUF)):
                try:
                    sock.setsockopt(socket.SOL_SOCKET, forced, SOCKET_BUFFER_BYTES)
                except OSError:
                    sock.setsockopt(socket.SOL_SOCKET, plain, SOCKET_BUFFER_BYTES)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((host, port))
        except OSError:
            sock.close()
            raise
        return DatagramSocket(sock)

    def read(self) -> tuple[Sequence[int], Sequence[int | bytes]]:
        """Sizes and senders' keys of up to BATCH datagrams, which stand in `buffer` STRIDE bytes apart."""
        count = _libc.recvmmsg(self._fd, self._headers, BATCH, socket.MSG_DONTWAIT, _ffi.NULL)
        if count <= 0:
            return [], []
        sizes = self._sizes[:count].tolist()
        if not self._ipv6:
            return sizes, self._keys4[:count].tolist()
        names, step = self._name_view, _NAME_BYTES
        return sizes, [bytes(names[at * step : at * step + 28]) for at in range(count)]

    def address(self, key: int | bytes) -> tuple[str, int]:
        """The host and port behind a key: the start of a sockaddr_in, or a whole sockaddr_in6."""
        if isinstance(key, int):
            raw = key.to_bytes(8, sys.byteorder)
            return socket.inet_ntop(socket.AF_INET, raw[4:8]), int.from_bytes(raw[2:4], "big")
        host = socket.inet_ntop(socket.AF_INET6, key[8:24])
        scope = int.from_bytes(key[24:28], sys.byteorder)
        return f"{host}%{scope}" if scope else host, int.from_bytes(key[2:4], "big")

    def send(self, data: bytes | memoryview, address: tuple[str, int], drop: Callable[[str], None]) -> None:
        """One datagram; what the kernel will not take now is dropped."""
        try:
            self.socket.sendto(data, address)
        except BlockingIOError:
            drop("egress_full")
        except OSError:
            drop("egress_error")

    def send_run(self, data: memoryview, datagram: int, address: tuple[str, int], drop: Callable[[str], None]) -> bool:
        """`data` as datagrams of `datagram` bytes; False if the path to `address` refuses segmentation."""
        control = self._controls.get(datagram)
        if control is None:
            control = self._controls[datagram] = [(socket.SOL_UDP, UDP_SEGMENT, _SEGMENT.pack(datagram))]
        step = datagram * MAX_SEGMENTS
        for at in range(0, len(data), step):
            try:
                self.socket.sendmsg([data[at : at + step]], control, 0, address)
            except BlockingIOError:
                drop("egress_full")
            except OSError as error:
                if error.errno not in _NO_SEGMENTS:
                    drop("egress_error")
                    continue
                self.send_singly(data[at:], datagram, address, drop)
                return False
        return True

    def send_singly(
        self, data: memoryview, datagram: int, address: tuple[str, int], drop: Callable[[str], None]
    ) -> None:
        """`data` as datagrams of `datagram` bytes, one send each."""
        for at in range(0, len(data), datagram):
            self.send(data[at : at + datagram], address, drop)

    def close(self) -> None:
        """Closes the socket."""
        self.socket.close()
