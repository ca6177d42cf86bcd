"""Media connections for a moment: the self-test finds out by which ways one comes about."""

from __future__ import annotations

import asyncio

from server.media.offer import OfferRefused
from server.media.server import MediaServer
from server.turn import RelayAccess
from signaling.messages import IceServer

LASTS_S = 10.0
AT_ONCE = 48
"""A device tries two or three ways at a time."""


class TrialRefused(Exception):
    """No connection. `code`: `trial_busy`, or the media server's word for an offer it does not take."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MediaTrials:
    """Connections that carry nothing and end by themselves."""

    def __init__(self, media: MediaServer, relay: RelayAccess) -> None:
        self._media = media
        self._relay = relay
        self._open: set[int] = set()

    def answer(self, sdp: str) -> str:
        """The answer to a trial's offer; the connection is closed after ten seconds, whatever became of it.

        Raises:
            TrialRefused: nothing was opened.
        """
        if len(self._open) >= AT_ONCE:
            raise TrialRefused("trial_busy")
        try:
            connection = self._media.offer(sdp)
        except OfferRefused as refused:
            raise TrialRefused(refused.code) from refused
        self._open.add(connection.id)
        asyncio.get_running_loop().call_later(LASTS_S, self._close, connection.id)
        return connection.answer

    def relays(self, now_s: float) -> list[IceServer]:
        """The relay as a lesson's welcome tells it, for a trial; `now_s` in seconds since 1970."""
        return self._relay.servers("selftest", now_s)

    def _close(self, connection_id: int) -> None:
        self._open.discard(connection_id)
        self._media.close_connection(connection_id)
