"""The chain: each row's hash is SHA-256 over the hash of the row before and the row itself in canonical JSON.

Whoever changes, removes or swaps rows breaks it at that place; whoever writes all later hashes anew as well is found by
comparing the head (the last number and hash) with one that was noted elsewhere before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

GENESIS = bytes(32)
"""Stands before the first row."""

Outcome = Literal["seen", "changed", "refused"]
Fault = Literal["changed", "removed", "resealed"]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happened.

    who: id of a person or a room, empty for somebody unknown. role: hers at that moment. what: an action of
    `server.permissions`, or a word for what has none, such as `sign_in`. about: the id it concerned, if any.
    network: where from, as a prefix (IPv4 /24, IPv6 /48). code: why it was refused, or how it was changed.
    times: how often, for refusals that came in numbers.
    """

    at_ms: int
    who: str
    role: str
    what: str
    outcome: Outcome
    about: str = ""
    network: str = ""
    code: str = ""
    times: int = 1


class Row(msgspec.Struct, frozen=True):
    """An entry in its place: `number` counts from 1, `previous` is the hash of the row before."""

    number: int
    entry: Entry
    previous: bytes
    hash: bytes


class Broken(msgspec.Struct, frozen=True):
    """A row that is not as it was written: `changed`, `removed` (nothing has its number), or `resealed` (the row was
    changed and its own hash made anew: the next row still names the old one).
    """

    number: int
    fault: Fault


def seal(number: int, entry: Entry, previous: bytes) -> Row:
    """The row that follows the one whose hash is `previous`."""
    return Row(number=number, entry=entry, previous=previous, hash=digest(number, entry, previous))


def digest(number: int, entry: Entry, previous: bytes) -> bytes:
    """The row's hash."""
    fields = msgspec.to_builtins(entry) | {"number": number}
    return hashlib.sha256(previous + msgspec.json.encode(fields, order="deterministic")).digest()


def verify(rows: Iterable[Row], before: Row | None = None) -> Iterator[Broken]:
    """What is wrong with `rows`, in order of their numbers; `before` is the row in front of the first."""
    for row in rows:
        expected = before.number + 1 if before else 1
        for missing in range(expected, row.number):
            yield Broken(missing, "removed")
        if digest(row.number, row.entry, row.previous) != row.hash:
            yield Broken(row.number, "changed")
        elif row.number == expected and row.previous != (before.hash if before else GENESIS):
            yield Broken(before.number if before else row.number, "resealed")
        before = row
