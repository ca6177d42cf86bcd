"""What publishing has made of a recording so far: `published.json` in the lesson's folder."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from server.publishing.replay import Media, Thumbs
from server.recording.package import write_atomically

PUBLISHED = "published.json"
MEDIA = "media"
THUMBS = "thumbs"


class Made(Struct, frozen=True, kw_only=True):
    """A finished file, and the fingerprint of what it was made of."""

    media: Media
    fingerprint: str


class Published(Struct, frozen=True, kw_only=True):
    """The state of a publication. of: the fingerprint of the recording; complete: nothing is left to do."""

    version: int = 1
    of: str = ""
    made: list[Made] = []
    thumbs: Thumbs | None = None
    poster: str | None = None
    waveform: str | None = None
    complete: bool = False

    def but(self, **changes: object) -> Published:
        """The same with these fields changed."""
        return msgspec.structs.replace(self, **changes)


def read_published(folder: Path) -> Published:
    """What is there; nothing made if nothing can be read."""
    try:
        return msgspec.json.decode((folder / PUBLISHED).read_bytes(), type=Published)
    except (OSError, msgspec.MsgspecError):
        return Published()


def write_published(folder: Path, published: Published) -> None:
    """Replaces what is there, whole or not at all.

    Raises:
        OSError: the disk refuses.
    """
    write_atomically(folder / PUBLISHED, msgspec.json.encode(published))
