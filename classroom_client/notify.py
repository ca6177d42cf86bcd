"""Tells the service manager how this program is (systemd's sd_notify protocol; silent where there is none)."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

import structlog

log = structlog.get_logger(__name__)


def notify(state: str, environ: Mapping[str, str] | None = None) -> None:
    """Sends a state such as `READY=1` or `STOPPING=1` to the socket in NOTIFY_SOCKET, if there is one."""
    address = (os.environ if environ is None else environ).get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.sendto(state.encode(), address)
    except OSError as error:
        log.warning("service manager not told", state=state, error=type(error).__name__)
