"""One page of the whiteboard: its objects in drawing order, its pictures, and what its part of the hash is told."""

from __future__ import annotations

from hashlib import sha256

import msgspec
from msgspec.structs import replace

from signaling.messages import BoardObject, BoardPage, OperationId, PageId, PagePicture


class Page:
    """One page: objects in drawing order, with the digests of the visible ones while nothing changes, and pictures."""

    __slots__ = ("_digest_of", "_digests", "objects", "pictures")

    def __init__(self) -> None:
        self.objects: dict[OperationId, BoardObject] = {}
        self.pictures: dict[OperationId, PagePicture] = {}
        self._digest_of: dict[OperationId, str] = {}
        self._digests: list[str] | None = []

    def picture(self) -> PagePicture | None:
        """The latest that nothing hides."""
        return next((each for each in reversed(self.pictures.values()) if not each.hidden_by), None)

    def snapshot(self, page: PageId) -> BoardPage:
        """The page as a late joiner gets it, under its id."""
        return BoardPage(id=page, objects=list(self.objects.values()), pictures=list(self.pictures.values()))

    def add(self, new: BoardObject | PagePicture) -> None:
        """An object above those that are there, or a picture."""
        if isinstance(new, PagePicture):
            self.pictures[new.id] = new
            return
        self.objects[new.id] = new
        if self._digests is not None and not new.hidden_by:
            self._digests.append(self._digest(new))

    def hiders(self, each: OperationId) -> list[OperationId]:
        """The operations that hide an object or a picture."""
        return (self.pictures[each] if each in self.pictures else self.objects[each]).hidden_by

    def hidden_by(self, each: OperationId, operations: list[OperationId]) -> None:
        """From now on these hide it."""
        if each in self.pictures:
            self.pictures[each] = replace(self.pictures[each], hidden_by=operations)
        else:
            self.objects[each] = replace(self.objects[each], hidden_by=operations)
            self._digests = None

    def told(self) -> list[list[str] | str]:
        """What the board's hash is told: the objects, and the picture if there is one."""
        shown = self.picture()
        if shown is None:
            return [self.digests()]
        told = [shown.id, shown.by, shown.digest, shown.width, shown.height]
        return [self.digests(), sha256(msgspec.json.encode(told)).hexdigest()]

    def digests(self) -> list[str]:
        """Of the visible objects, in drawing order."""
        if self._digests is None:
            self._digests = [self._digest(each) for each in self.objects.values() if not each.hidden_by]
        return self._digests

    def _digest(self, stroke: BoardObject) -> str:
        known = self._digest_of.get(stroke.id)
        if known is None:
            told = [stroke.id, stroke.by, stroke.colour, stroke.width, stroke.points]
            known = self._digest_of[stroke.id] = sha256(msgspec.json.encode(told)).hexdigest()
        return known


def everything_on(page: BoardPage) -> list[BoardObject | PagePicture]:
    """Objects, then pictures, hidden ones too."""
    return [*page.objects, *page.pictures]
