"""The media connection that is always there: a new peer before the old one goes, whenever nothing arrives any more."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

from classroom_client.broadcast import Broadcast
from classroom_client.peer import Peer, PeerError
from classroom_client.slots import Slots
from classroom_client.ways import Ways
from signaling.messages import Answer, Offer, Sources
from signaling.ws.client import SignalingClient

log = structlog.get_logger(__name__)

SILENT_S: Final = 2.0
"""Without media for so long, although somebody is seated who sends, the peer is given up."""
DOUBTFUL_S: Final = 0.8
"""And so long until the signaling line is doubted."""
LOOK_EVERY_S: Final = 0.25
CONNECT_WITHIN_S: Final = 5.0
REACHED_WITHIN_S: Final = 1.2
"""Where there is a relay, a way on which no check is answered for so long after the server's answer is given up."""
PATIENCE_MAX_S: Final = 30.0
CLOSED_WITHIN_S: Final = 3.0
"""Lines and decoders end at once; a relay that does not answer is told goodbye for half a minute (RFC 8489, 6.2.1)."""


class MediaLink:
    """This classroom's peers, one after the other. expects: whether media should be arriving now."""

    def __init__(
        self,
        client: SignalingClient,
        broadcast: Broadcast,
        slots: Slots,
        expects: Callable[[], bool],
        ways: Ways,
    ) -> None:
        self._client = client
        self._broadcast = broadcast
        self._slots = slots
        self._expects = expects
        self.ways = ways
        self._patience_s = REACHED_WITHIN_S
        self._answered = asyncio.Event()
        self._welcomed = asyncio.Event()
        self._number = 0
        self._current: Peer | None = None
        self._offered: Peer | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def peer(self) -> Peer | None:
        """The peer that media comes from now."""
        return self._current

    async def answer(self, message: Answer) -> None:
        """Gives the server's answer to the peer that waits for it; an answer to an older offer is ignored."""
        peer = self._offered
        if peer is None or peer.number != message.connection:
            return
        try:
            await peer.accept(message.sdp)
        except PeerError as error:
            log.warning("answer not applied", connection=peer.number, error=str(error))
            return
        self._slots.attach(peer)
        self._answered.set()

    def welcomed(self) -> None:
        """The signaling line came anew: an offer that nobody has answered went with the old one."""
        self._welcomed.set()

    async def run(self) -> None:
        """Keeps a peer until cancelled."""
        patience_s = SILENT_S
        try:
            while True:
                if await self._replace():
                    began_s = time.monotonic()
                    await self._until_silent(patience_s)
                    lasted_s = time.monotonic() - began_s
                    # A sender that sends nothing looks like a broken line: new peers for it come ever more seldom.
                    patience_s = SILENT_S if lasted_s > 2 * patience_s else min(2 * patience_s, PATIENCE_MAX_S)
        finally:
            for peer in (self._offered, self._current):
                self._begin_closing(peer)
            if self._closing:
                await asyncio.wait(self._closing, timeout=CLOSED_WITHIN_S)

    async def _replace(self) -> bool:
        """A new peer in place of the current one, which goes once the new one is connected; False when it does not."""
        self._number += 1
        self._answered.clear()
        way = self.ways.now
        peer = self._offered = Peer(self._number, way, beside=self._client.beside)
        self._broadcast.attach(peer)
        await self._client.send(Offer(connection=peer.number, sdp=await peer.offer()))
        self._welcomed.clear()
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await self._unless_welcomed(self._reached(peer))
                await self._unless_welcomed(peer.connected.wait())
        except TimeoutError:
            log.info("peer not connected", connection=peer.number, relayed=way is not None)
            if not self._welcomed.is_set():
                self.ways.failed()
            self._offered = None
            await self._close(peer)
            return False
        self._patience_s = REACHED_WITHIN_S
        old, self._current, self._offered = self._current, peer, None
        await self._client.send(Sources(live=self._broadcast.live))
        self._slots.heard_s = time.monotonic()
        self._client.wake()
        await self._close(old)
        return True

    async def _unless_welcomed(self, waits: Coroutine[Any, Any, object]) -> None:
        """Waits; raises TimeoutError where the signaling line came anew before the offer was answered."""
        waiting, anew = asyncio.create_task(waits), asyncio.create_task(self._welcomed.wait())
        try:
            await asyncio.wait({waiting, anew}, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done() and not self._answered.is_set():
                raise TimeoutError
            await waiting
        finally:
            for task in (waiting, anew):
                task.cancel()

    async def _reached(self, peer: Peer) -> None:
        """Raises TimeoutError where another way is to be tried. A long line is given more time with every round."""
        if not self.ways.has_relay:
            return
        await self._answered.wait()
        try:
            async with asyncio.timeout(self._patience_s):
                await peer.reached.wait()
        except TimeoutError:
            self._patience_s = min(1.5 * self._patience_s, CONNECT_WITHIN_S)
            raise

    async def _until_silent(self, patience_s: float) -> None:
        """Returns when the current peer is closed, or nothing arrives although it should."""
        assert self._current is not None
        closed = asyncio.create_task(self._current.closed.wait())
        looked_s = self._slots.heard_s
        try:
            while not closed.done():
                await asyncio.wait({closed}, timeout=LOOK_EVERY_S)
                now_s = time.monotonic()
                if self._slots.heard_s > looked_s:
                    self._client.heard()
                looked_s = now_s
                if not self._expects():
                    self._slots.heard_s = now_s
                    continue
                if now_s - self._slots.heard_s > DOUBTFUL_S:
                    await self._client.doubt()
                if now_s - self._slots.heard_s > patience_s:
                    log.info("media silent", connection=self._current.number)
                    return
        finally:
            closed.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await closed

    async def _close(self, peer: Peer | None) -> None:
        """Ends a peer. Once begun it is carried through: left half closed, its decoders' threads would not end."""
        task = self._begin_closing(peer)
        if task is not None:
            await asyncio.shield(task)

    def _begin_closing(self, peer: Peer | None) -> asyncio.Task[None] | None:
        if peer is None:
            return None
        task = asyncio.create_task(self._end(peer))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        return task

    async def _end(self, peer: Peer) -> None:
        self._broadcast.detach(peer)
        await self._slots.detach(peer)
        await peer.close()
