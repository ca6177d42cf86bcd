"""Things of one kind, known and new, found again by their code or their name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from msgspec import Struct

from server.exchange.faults import Unfit
from server.exchange.vocabulary import key_of

T = TypeVar("T", bound=Struct)


class Shelf(Generic[T]):
    """Looks things up within a scope: a room within its school; `scope_of` is empty for what is the county's.

    name_of: what a name alone does not tell apart may add to it (a class's grade). is_open: closed things are found by
    code only.
    """

    def __init__(
        self,
        values: Iterable[T],
        *,
        code_of: Callable[[T], str | None] = lambda value: None,
        name_of: Callable[[T], str],
        scope_of: Callable[[T], str] = lambda value: "",
        is_open: Callable[[T], bool] = lambda value: True,
    ) -> None:
        self._code_of, self._name_of, self._scope_of, self._is_open = code_of, name_of, scope_of, is_open
        self.by_id: dict[str, T] = {}
        self._by_code: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._by_name: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._by_scope: dict[str, set[str]] = defaultdict(set)
        for value in values:
            self.put(value)

    def put(self, value: T) -> None:
        """Adds `value`, or takes it for what has its id so far."""
        identifier: str = getattr(value, "id")  # noqa: B009 - every row has one, which a type variable cannot say
        before = self.by_id.get(identifier)
        if before is not None:
            self._by_code[self._place(before, self._code_of(before) or "")].discard(identifier)
            self._by_name[self._place(before, self._name_of(before))].discard(identifier)
            self._by_scope[self._scope_of(before)].discard(identifier)
        self.by_id[identifier] = value
        self._by_scope[self._scope_of(value)].add(identifier)
        code = self._code_of(value)
        if code:
            self._by_code[self._place(value, code)].add(identifier)
        self._by_name[self._place(value, self._name_of(value))].add(identifier)

    def match(self, scope: str, code: str, name: str) -> T | None:
        """Which known thing a row is about: that of its code, else the one of its name that has no other code.

        Raises:
            Unfit: `same_name`: there are several, and only a code could tell which.
        """
        coded = self._found(self._by_code.get((scope, key_of(code)), set())) if code else []
        if coded:
            return coded[0]
        named = self._open(self._by_name.get((scope, key_of(name)), set()))
        free = [value for value in named if not code or not self._code_of(value)]
        if len(free) > 1:
            raise Unfit("same_name", times=str(len(free)))
        return free[0] if free else None

    def find(self, text: str, scope: str | None = "") -> list[T]:
        """What a cell may mean: by code, or else by name; within one scope, or for None in all."""
        wanted = key_of(text)
        for index in (self._by_code, self._by_name):
            if scope is not None:
                chosen = index.get((scope, wanted), set())
            else:
                chosen = {one for (_, key), ids in index.items() if key == wanted for one in ids}
            if found := self._open(chosen):
                return found
        return []

    def within(self, scope: str) -> list[T]:
        """Everything open of one scope."""
        return self._open(self._by_scope.get(scope, set()))

    def _place(self, value: T, text: str) -> tuple[str, str]:
        return self._scope_of(value), key_of(text)

    def _found(self, identifiers: Iterable[str]) -> list[T]:
        return [self.by_id[identifier] for identifier in sorted(identifiers)]

    def _open(self, identifiers: Iterable[str]) -> list[T]:
        return [value for value in self._found(identifiers) if self._is_open(value)]
