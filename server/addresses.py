"""The addresses and names under which this machine can be reached."""

from __future__ import annotations

import ipaddress
import re
import socket

import ifaddr

_LABELS = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


def own_addresses() -> tuple[str, ...]:
    """IPv4 and IPv6 addresses of this machine's interfaces, the one facing the LAN first.

    Loopback and link-local addresses are left out: nobody else can use them.
    """
    found: set[str] = set()
    for adapter in ifaddr.get_adapters():
        found.update(entry.ip if isinstance(entry.ip, str) else entry.ip[0] for entry in adapter.ips)
    usable = [
        address for address in map(ipaddress.ip_address, found) if not (address.is_loopback or address.is_link_local)
    ]
    first = _outward_address()
    ordered = sorted(usable, key=lambda address: (str(address) != first, address.version, int(address)))
    return tuple(str(address) for address in ordered)


def own_names() -> tuple[str, ...]:
    """This machine's host name and its mDNS name, lower case, where they are names a certificate may carry."""
    name = socket.gethostname().lower()
    if not _LABELS.fullmatch(name) or name == "localhost":
        return ()
    first = name.split(".")[0]
    return (name,) if name.endswith(".local") else (name, f"{first}.local")


def _outward_address() -> str:
    """The address the routing table picks for strangers (RFC 5737's test network); nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def in_url(host: str) -> str:
    """`host` as it stands in a URL: IPv6 in brackets (RFC 3986, section 3.2.2)."""
    return f"[{host}]" if ":" in host else host
