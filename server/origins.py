"""Which addresses are this server's own: the allow-list for Host and Origin (exact scheme, host and port)."""

from __future__ import annotations

from collections.abc import Iterable

from server.addresses import in_url

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origins:
    """The origins this server answers to; replaced whole when the machine's addresses change."""

    def __init__(self) -> None:
        self._origins: frozenset[str] = frozenset()
        self._hosts: frozenset[str] = frozenset()

    def replace(self, listeners: Iterable[tuple[str, int, Iterable[str]]], public: Iterable[str]) -> None:
        """`listeners` are (scheme, port, host names and addresses); `public` whole origins from the configuration."""
        found = {origin(scheme, host.lower(), port) for scheme, port, hosts in listeners for host in hosts}
        found.update(address.lower() for address in public)
        self._origins = frozenset(found)
        self._hosts = frozenset(address.partition("://")[2] for address in found)

    def __contains__(self, given: str) -> bool:
        """Whether a page of this origin is one of ours."""
        return given in self._origins

    def has_host(self, host: str) -> bool:
        """Whether a request whose Host header says this was meant for this server."""
        return host in self._hosts or host.removesuffix(":443").removesuffix(":80") in self._hosts


def origin(scheme: str, host: str, port: int) -> str:
    """The origin's serialisation: the scheme's default port is left out (RFC 6454, section 6.2)."""
    suffix = "" if _DEFAULT_PORTS[scheme] == port else f":{port}"
    return f"{scheme}://{in_url(host)}{suffix}"
