"""When entries are written, and what becomes of them when the store is away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from server.audit.chain import Entry
from server.audit.networks import prefix
from server.audit.trail import REFUSALS, STRANGERS_WRITTEN_AFTER_MS, WRITTEN_AFTER_MS, Trail
from server.store.errors import StoreFull


class Log:
    """A log in memory, which may be full."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.full = False
        self.now_ms = 0

    async def append(self, entries: Sequence[Entry]) -> None:
        if self.full:
            raise StoreFull
        self.entries += entries

    def clock(self) -> int:
        return self.now_ms


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def trail(log: Log) -> Trail:
    return Trail(log.append, log.clock)


def refusal(who: str = "", about: str = "", network: str = "10.0.0.0/24", at_ms: int = 0) -> Entry:
    return Entry(at_ms=at_ms, who=who, role="", what="x", outcome="refused", about=about, network=network, code="c")


async def test_refusals_of_somebody_known_are_written_within_seconds_of_strangers_within_minutes(log, trail) -> None:
    trail.refused(refusal())
    trail.refused(refusal(who="staff-1"))
    for now_ms, written in ((WRITTEN_AFTER_MS - 1, 0), (WRITTEN_AFTER_MS, 1), (STRANGERS_WRITTEN_AFTER_MS, 2)):
        log.now_ms = now_ms
        await trail.flush(everything=False)
        assert len(log.entries) == written


async def test_equal_refusals_are_one_row_with_the_time_of_the_first(log, trail) -> None:
    for at_ms in (5, 6, 7):
        trail.refused(refusal(at_ms=at_ms))
    await trail.flush()
    assert [(entry.at_ms, entry.times) for entry in log.entries] == [(5, 3)]


async def test_memory_is_bounded_and_no_refusal_goes_uncounted(log, trail) -> None:
    for number in range(REFUSALS + 50):
        trail.refused(refusal(about=f"id-{number}"))
    for number in range(300):
        trail.refused(refusal(network=f"10.1.{number % 256}.0/24", about=f"other-{number}"))
    await trail.flush()
    assert len(log.entries) <= REFUSALS + 2
    assert sum(entry.times for entry in log.entries) == REFUSALS + 350


async def test_a_full_disk_keeps_refusals_for_later_and_lets_no_change_pass_unwritten(log, trail) -> None:
    trail.refused(refusal())
    log.full = True
    for attempt in (trail.flush, lambda: trail.write(refusal()), lambda: trail.seen(refusal(who="staff-1"))):
        with pytest.raises(StoreFull):
            await attempt()
    log.full = False
    await trail.seen(refusal(who="staff-1"))
    await trail.flush()
    assert len(log.entries) == 2


async def test_what_was_counted_is_written_when_the_server_stops(log, trail) -> None:
    task = asyncio.create_task(trail.run())
    await asyncio.sleep(0)
    trail.refused(refusal())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(log.entries) == 1


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("nobody", ""),
    ],
)
def test_an_address_is_kept_as_a_prefix(address: str, expected: str) -> None:
    assert prefix(address) == expected
