"""Tells the service manager how far we are: sd_notify(3), the datagram protocol of systemd."""

from __future__ import annotations

import os
import socket


def notify(state: str) -> None:
    """Sends e.g. `READY=1` or `STOPPING=1`; does nothing where no manager listens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        try:
            sender.sendto(state.encode(), address)
        except OSError:
            # A manager that went away is no reason to stop teaching.
            return
