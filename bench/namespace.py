"""A network namespace of its own for a bench process: one private address, nobody else's packets, nothing to clean."""

from __future__ import annotations

import os
import subprocess

ADDRESS = "10.77.0.1"


def wrap(command: list[str]) -> list[str]:
    """The command, in a new network namespace (unshare of util-linux; without root in a user namespace too)."""
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--net", *user, *command]


def set_up() -> None:
    """Inside: loopback, and a private address on a virtual pair. Traffic between own addresses goes over loopback."""
    for command in (
        "link set lo up",
        "link add bench0 type veth peer name bench1",
        f"addr add {ADDRESS}/24 dev bench0",
        "link set bench0 up",
        "link set bench1 up",
    ):
        subprocess.run(["ip", *command.split()], check=True)
