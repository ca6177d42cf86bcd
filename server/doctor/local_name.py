"""The machine's name on the local network, `school.local`: told only where it truly leads here."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate

from server.config import Config
from server.doctor.finding import Finding, fine

WITHIN_S = 3.0


def local_name(
    config: Config,
    names: Iterable[str],
    addresses: Sequence[str],
    resolve: Callable[[str], set[str]] | None = None,
) -> Finding:
    """The first `.local` name that leads to one of `addresses`, as a link; else that only addresses do."""
    if not config.https.enabled:
        return fine("local_name", "local_name.none")
    for name in names:
        if name.endswith(".local") and (resolve or _resolved)(name) & set(addresses):
            return fine("local_name", url=f"https://{name}:{config.https.port}")
    return fine("local_name", "local_name.none")


def _resolved(name: str) -> set[str]:
    """The addresses behind a name; none within WITHIN_S, as where nothing on this machine speaks mDNS."""
    thread = ThreadPoolExecutor(1)
    try:
        found = thread.submit(socket.getaddrinfo, name, None, type=socket.SOCK_STREAM).result(WITHIN_S)
    except (OSError, TooLate):
        return set()
    finally:
        thread.shutdown(wait=False, cancel_futures=True)
    return {str(entry[4][0]) for entry in found}
