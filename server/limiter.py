"""Counts failed tries per address, for a while, in bounded memory."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque

FAILURES = 10
WINDOW_S = 600.0
ADDRESSES = 10_000


class FailureLimiter:
    """Ten failures in ten minutes; after that `blocked` until the oldest is ten minutes old. Time is in seconds.

    A right token passes all the same: 256 random bits are not guessed, and a school behind one address must not lose
    its lesson because one of its screens keeps an old link.
    """

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def failed(self, address: str, now_s: float) -> None:
        """One more failed try; the address seen longest ago is forgotten when there are too many."""
        key = subnet(address)
        times = self._failures.setdefault(key, deque(maxlen=FAILURES))
        times.append(now_s)
        self._failures.move_to_end(key)
        if len(self._failures) > ADDRESSES:
            self._failures.popitem(last=False)

    def retry_after_s(self, address: str, now_s: float) -> float:
        """Seconds until `address` may fail again, 0 if it may now."""
        times = self._failures.get(subnet(address))
        if times is None or len(times) < FAILURES:
            return 0.0
        return max(0.0, times[0] + WINDOW_S - now_s)


def subnet(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 an IPv6 host may choose from."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)
