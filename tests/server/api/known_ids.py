"""The identifiers a walk of the API knows, by what they name: given at first, and read out of answers on the way."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

NAMED = {
    "school": "schools", "centre": "schools", "room": "rooms", "classroom": "rooms", "class": "classes",
    "staff": "staff", "lead": "staff", "teacher": "staff", "account": "staff", "subject": "subjects", "term": "terms",
    "community": "communities", "lesson": "lessons", "entry": "entries", "device": "devices",
}  # fmt: skip
"""What a field of a body means by its name, whatever follows an underscore: `lead_room_id` names a room."""
LIKE = {"accounts": "staff", "cover": "covers", "covers": "lessons"}
"""Collections whose members have another collection's identifiers."""


class KnownIds:
    """`given`: identifiers by collection, the last word of an address before its variable part: `rooms`."""

    def __init__(self, given: Mapping[str, Sequence[str]]) -> None:
        self._ids: defaultdict[str, list[str]] = defaultdict(list)
        for kind, ids in given.items():
            self._ids[kind] += ids

    def learn(self, path: str, answer: Any) -> None:
        """Keeps the identifiers in what `path` was answered with."""
        ids = self._ids[_kind(path)]
        ids += [found for found in _ids_in(answer) if found not in ids]

    def of(self, path: str, choose: random.Random) -> str:
        """One that fits the variable part of `path`; any at all where none is known to fit."""
        return choose.choice(self._ids[_kind(path)] or [one for ids in self._ids.values() for one in ids])

    def fitted(self, body: Any, choose: random.Random, name: str = "") -> Any:
        """`body` with an identifier that exists in every field whose name says what it names."""
        match body:
            case dict():
                return {key: self.fitted(value, choose, key) for key, value in body.items()}
            case list():
                return [self.fitted(value, choose, name) for value in body]
            case str():
                kinds = [NAMED[word] for word in _words(name) if word in NAMED]
                return choose.choice(self._ids[kinds[-1]]) if kinds and self._ids[kinds[-1]] else body
            case _:
                return body


def _kind(path: str) -> str:
    words = [word for word in path.split("{")[0].split("/") if word]
    return LIKE.get(words[-1], words[-1])


def _words(name: str) -> list[str]:
    """`classroom_ids` is classroom and id."""
    singular = {"classes": "class", "communities": "community", "entries": "entry"}
    return [singular.get(word, word.removesuffix("s") if word != "class" else word) for word in name.split("_")]


def _ids_in(answer: Any, depth: int = 3) -> Iterator[str]:
    match answer:
        case {"id": str(found)}:
            yield found
        case dict() if depth:
            for value in answer.values():
                yield from _ids_in(value, depth - 1)
        case list() if depth:
            for value in answer:
                yield from _ids_in(value, depth - 1)
