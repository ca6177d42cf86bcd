"""Ports for servers that are started to be measured or tested."""

from __future__ import annotations

import contextlib
import socket


def free_ports(count: int) -> list[str]:
    """Ports that nobody listens on now, neither by TCP nor by UDP."""
    with contextlib.ExitStack() as held:
        ports: list[str] = []
        while len(ports) < count:
            tcp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            tcp.bind(("0.0.0.0", 0))
            with contextlib.suppress(OSError):
                udp.bind(("0.0.0.0", tcp.getsockname()[1]))
                ports.append(str(tcp.getsockname()[1]))
        return ports
