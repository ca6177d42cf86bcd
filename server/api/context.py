"""What handlers need, in one value."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from server.accounts.desk import Desk
from server.accounts.oidc import OidcProvider
from server.api.auth import Authenticator, Clock
from server.audit.trail import Trail
from server.devices.desk import DeviceDesk
from server.devices.media_trial import MediaTrials
from server.metrics import Metrics
from server.origins import Origins
from server.publishing.replay import Replay, Summary
from server.store.rows import Subject
from server.store.store import Store
from signaling.cast import Screen
from signaling.errors import TurnedAway
from signaling.messages import FromServer, Rung


class Recordings(Protocol):
    """What the API asks the library of recordings."""

    async def search(self, words: str) -> Sequence[Summary]:
        """All recordings, newest first, or those that `words` are found in."""

    async def replay(self, lesson_id: str) -> Replay | None:
        """What the replay page needs, or None."""

    async def recorded(self, lesson_ids: Iterable[str]) -> set[str]:
        """Those of `lesson_ids` that have a recording."""


async def _nobody_there(_lesson_id: str) -> None:
    """Where there are no live lessons."""


async def _no_page(_who: Subject, _lesson_id: str, _screen: Screen) -> bytes | None:
    raise TurnedAway("no_such_lesson")


async def _no_room(_lesson_id: str, _digest: str) -> bool:
    return False


@dataclass(frozen=True)
class Services:
    """The parts of the server that answer requests. `ready` is false until it starts to serve and once it drains."""

    store: Store
    authenticator: Authenticator
    origins: Origins
    recordings: Recordings
    metrics: Metrics
    clock: Clock
    ready: Callable[[], bool]
    lessons_dir: Path
    dist: Path
    authority: Path | None
    fingerprint: str
    metrics_from: tuple[str, ...]
    desk: Desk
    trail: Trail
    devices: DeviceDesk
    media_trials: MediaTrials | None = None
    """None where there is no media port."""
    tell_screen: Callable[[str, str, FromServer], bool] = lambda lesson, who, message: False
    """Sends a message to a participant of a lesson; whether its line is up."""
    watching: Callable[[str], list[Subject]] = lambda lesson: []
    """Who only watches a lesson now."""
    covers_changed: Callable[[str], Awaitable[None]] = _nobody_there
    """Tells a lesson that a class asked to sit in, or was answered."""
    rung_in: Callable[[str, str], Rung | None] = lambda lesson, who: None
    """The rung of somebody's line who is in a lesson now; None where she is not."""
    page_ahead: Callable[[Subject, str, Screen], Awaitable[bytes | None]] = _no_page
    """The page of a lesson's board that is shown, before somebody's line is there; None where the line tells it."""
    picture_kept: Callable[[str, str], Awaitable[bool]] = _no_room
    """Tells a lesson of a picture that may be put on its board; whether its room is open."""
    lan: Callable[[], str | None] = lambda: None
    """The address other machines reach this server by, `https://10.20.0.5:8443`; None where it has none."""
    sso: OidcProvider | None = None
    """The county's own sign-in service, where one is configured."""
    sso_name: str = ""
    """What the county calls it."""


SERVICES = web.AppKey("services", Services)
