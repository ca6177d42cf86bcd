"""One synthetic participant: plays its footage, watches, listens and folds the board."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from classroom_client.connection import DOUBTFUL_S
from classroom_client.entry import Door, EntryError, enter, lessons
from classroom_client.lesson import Lesson
from classroom_client.peer import Peer, PeerError, beside
from classroom_client.rehearsal.book import Book, Whose
from classroom_client.rehearsal.failures import Failure
from classroom_client.rehearsal.footage import Footage
from classroom_client.rehearsal.line_verdict import Came
from classroom_client.rehearsal.player import AUDIO_HZ, VIDEO_HZ, Player
from classroom_client.rehearsal.receive_lines import ReceiveLines
from classroom_client.rehearsal.sabotage import Saboteur
from classroom_client.rehearsal.seating import Seated, Seating
from classroom_client.rehearsal.send_line import SendLine, leave_idle
from classroom_client.rehearsal.strokes import POINTS, sent_ns_of, stroke
from classroom_client.rehearsal.watch import Watch
from classroom_client.ways import Way, Ways
from signaling.ladder import carries_pictures
from signaling.messages import (
    SEND_LINES,
    SLOTS,
    VERSION,
    Answer,
    FromClient,
    FromServer,
    Goodbye,
    Hello,
    Layers,
    Logged,
    Offer,
    RefusedMessage,
    RungChanged,
    Source,
    Sources,
    StrokeDrawn,
    View,
    Welcome,
)
from signaling.ws.client import SignalingClient

log = structlog.get_logger(__name__)

TICK_S: Final = 0.05
TICKS_PER_REPORT: Final = 20
PEER_DEADLINE_S: Final = 10.0
FAILURES_MAX: Final = 50
LOOK_EVERY_S: Final = 0.25
SILENT_NS: Final = 2_000_000_000
PLAYED: Final[dict[Source, int]] = {"microphone": AUDIO_HZ, "low_speech": AUDIO_HZ, "camera": VIDEO_HZ}
"""What it sends, and the clock of each."""


@dataclass
class Participant:
    """A member of one rehearsed lesson. `token` is that of its join link; `footage` is what it sends."""

    whose: Whose
    door: Door
    token: str
    footage: Footage
    book: Book
    saboteur: Saboteur
    lesson: Lesson = field(default_factory=Lesson)
    seating: Seating = field(default_factory=Seating)
    board_ns: array[int] = field(default_factory=lambda: array("q"))
    failures: list[Failure] = field(default_factory=list)
    began_ns: int = 0
    joined_ns: int | None = None
    key: str = ""
    peers: int = 0
    source: str | None = None
    """The address to send media from; None: any."""
    next_source: str | None = None
    """The address it has once it is moved."""
    comes_back: bool = False
    """As a page over a weak line: a connection on which nothing comes is given up for a new one, and what is not looked
    at, not listened to or more than the server allows is not sent. The others' microphones are always on: that nobody
    hears them while they have not the floor is the server's doing, and is checked."""
    strokes: list[tuple[int, int]] = field(default_factory=list)
    points: int = POINTS
    """Of each stroke that it draws."""
    tells: bool = False
    """The server is told when each packet came, as browsers do: it costs both ends what a weak line needs."""

    def __post_init__(self) -> None:
        self.watch = Watch(self.book)
        self.connected = asyncio.Event()
        self._changed = asyncio.Event()
        self._client: SignalingClient | None = None
        self._peer: Peer | None = None
        self._ways = Ways(self.door.tls)
        self._lines: ReceiveLines | None = None
        self._player = Player(self.saboteur.footage_of(), self.footage, self.saboteur.sound_late_ms())
        self.drawn: list[str] = []
        self.on_board: set[str] = set()
        self._welcomed = asyncio.Event()
        self._anew = asyncio.Event()
        self._given_up = asyncio.Event()
        self.anew_ns = 0

    @property
    def name(self) -> str:
        """Its id in the lesson, or its number before it is known."""
        return self.lesson.you or f"{self.whose.lesson}/{self.whose.participant}"

    async def find_lesson(self) -> str:
        """Enters by the link's token and finds today's lesson.

        Raises:
            EntryError: refused; `no_lesson`, nothing to join.
        """
        self.key = await enter(self.door, self.token)
        cards = [card for card in await lessons(self.door, self.key) if card.state != "ended"]
        if not cards:
            raise EntryError("no_lesson")
        return cards[0].lesson.id

    async def run(self) -> None:
        """Joins and takes part; ends by cancellation."""
        self.began_ns = time.monotonic_ns()
        lesson_id = await self.find_lesson()
        hello = Hello(version=VERSION, lesson=lesson_id)
        async with SignalingClient(self.door.websocket, self.key, hello, tls=self.door.tls) as client:
            self._client = client
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._listen(client))
                    tasks.create_task(self._player.run())
                    tasks.create_task(self._tick())
                    tasks.create_task(self._keep_peer(client))
            finally:
                self._player.stop()
                if self._peer is not None:
                    await self._peer.close()

    async def send(self, message: FromClient) -> None:
        """Sends a message over the signaling socket."""
        assert self._client is not None, "only once it has joined"
        await self._client.send(message)

    async def draw(self) -> None:
        """Draws one stroke whose operation id tells when it was sent."""
        drawing = stroke(self.whose, len(self.drawn) + 1, self.lesson.board.current, time.monotonic_ns(), self.points)
        self.drawn.append(drawing.id)
        await self.send(drawing)

    def came(self, lead: Participant) -> Came:
        """When what the lead sent came here."""
        sounds = [at_ns for at_ns, _ in self.watch.heard]
        spoken = [lead._player.spoke_ns(cell, at_ns) for at_ns, cell in self.watch.heard]
        on_board = len(self.on_board.intersection(lead.drawn))
        return Came(sounds, self.watch.seen_ns, self.strokes, len(lead.drawn), on_board, self.anew_ns, spoken)

    def move(self) -> None:
        """Its address is another one from now on; what is open finds that out by itself."""
        self.source = self.next_source

    def come_anew(self) -> None:
        """Its connection is given up, and made afresh."""
        self._given_up.set()

    async def until(self, holds: Callable[[], bool], deadline_s: float) -> bool:
        """Waits until `holds` after some message; False when the deadline passes first."""
        try:
            async with asyncio.timeout(deadline_s):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return holds()
        return True

    async def _listen(self, client: SignalingClient) -> None:
        async for message in client:
            self._receive(message)
            self._changed.set()
            if isinstance(message, Answer) and self._peer is not None and message.connection == self._peer.number:
                await self._accept(self._peer, message)

    def _receive(self, message: FromServer) -> None:
        self.lesson.receive(message)
        match message:
            case Welcome(ice_servers=servers):
                self._ways.learn(servers)
                self._welcomed.set()
                self._anew.set()
            case View():
                self._seat(message)
            case Layers(source="low_speech", active=active):
                self._player.want("low_speech", bool(active))
            case Layers(source="microphone", active=active) if self.comes_back:
                self._player.want("microphone", bool(active))
            case Logged(event=StrokeDrawn(id=operation), by=author):
                self.on_board.add(operation)
                sent_ns = sent_ns_of(operation)
                if sent_ns is not None and author != self.lesson.you:
                    now_ns = time.monotonic_ns()
                    self.board_ns.append(now_ns - sent_ns)
                    if self.comes_back:
                        self.strokes.append((sent_ns, now_ns))
            case Logged(event=RungChanged(participant=self.lesson.you, rung=rung)) if self.comes_back:
                self._player.show(carries_pictures(rung))
            case RefusedMessage(code=code, of=of):
                self._fail(Failure("message_refused", {"receiver": self.name, "of": of, "reason": code}))
            case Goodbye():
                log.info("goodbye", participant=self.name, code=message.code)
            case _:
                pass

    def _seat(self, view: View) -> None:
        seats = {
            seat.slot: Seated(seat.participant, seat.video is not None, seat.audio is not None) for seat in view.seats
        }
        before = self.seating.views[-1][1] if self.seating.views else {}
        self.seating.change(time.monotonic_ns(), seats)
        self.watch.reseat(slot for slot in range(SLOTS) if seats.get(slot) != before.get(slot))

    async def _keep_peer(self, client: SignalingClient) -> None:
        """One peer after the other: a broken one is replaced at once."""
        await self._welcomed.wait()
        while True:
            self.peers += 1
            peer = Peer(self.peers, self._way(), tells=self.tells, beside=client.beside)
            if self.source is not None:
                peer.send_from(self.source)
            self._use(peer)
            await client.send(Offer(connection=peer.number, sdp=await peer.offer()))
            try:
                async with asyncio.timeout(PEER_DEADLINE_S):
                    await self._connected(peer)
                await client.send(Sources(live=list(PLAYED)))
                self.joined_ns = self.joined_ns or time.monotonic_ns()
                self.connected.set()
                await self._broken(peer, client)
            except TimeoutError:
                log.info("peer did not connect", participant=self.name, connection=peer.number)
            self._player.stop()
            await peer.close()
            if self.lesson.phase == "ended":
                return
            if not self.comes_back:
                self._fail(Failure("peer_lost", {"receiver": self.name}))

    def _way(self) -> Way:
        """As a page over a weak line: where there is a relay, that way is tried beside the straight one."""
        return next(iter(self._ways.relays), None) if self.comes_back else None

    async def _connected(self, peer: Peer) -> None:
        """Raises TimeoutError when the signaling line came anew meanwhile: the offer went with the old one."""
        self._anew.clear()
        waits = [asyncio.create_task(each.wait()) for each in (peer.connected, self._anew)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if not peer.connected.is_set():
            raise TimeoutError

    async def _broken(self, peer: Peer, client: SignalingClient) -> None:
        """Returns when the peer is closed, or nothing comes any more where that is to be noticed."""
        while self.comes_back and not peer.closed.is_set() and self._lines is not None:
            await asyncio.sleep(LOOK_EVERY_S)
            if self._given_up.is_set():
                self._given_up.clear()
                self.anew_ns = time.monotonic_ns()
                return
            silent_ns = time.monotonic_ns() - self._lines.last_ns
            if silent_ns < LOOK_EVERY_S * 1e9:
                client.heard()
            if silent_ns > DOUBTFUL_S * 1e9:
                await client.doubt()
            if silent_ns > SILENT_NS:
                return
        await peer.closed.wait()

    def _use(self, peer: Peer) -> None:
        self._peer = peer
        for source in SEND_LINES:
            peer.sends[source].sender.send = leave_idle  # type: ignore[method-assign,assignment]
        cname = self.name
        played = {source: SendLine(peer.sends[source], hz, cname) for source, hz in PLAYED.items()}
        self._lines = ReceiveLines(peer, self.watch, self.saboteur.may_pass)
        self.watch.reseat(range(SLOTS))
        self._player.heeds = self.comes_back
        self._player.play_into(played)

    async def _accept(self, peer: Peer, answer: Answer) -> None:
        try:
            await peer.accept(answer.sdp if self.source is None else beside(answer.sdp, self.source))
        except PeerError as bad:
            self._fail(Failure("join_failed", {"receiver": self.name, "reason": bad.code}))

    async def _tick(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(TICK_S)
            ticks += 1
            if self._lines is not None:
                await self._lines.tick()
                if ticks % TICKS_PER_REPORT == 0:
                    await self._lines.report()

    def _fail(self, failure: Failure) -> None:
        if len(self.failures) < FAILURES_MAX:
            self.failures.append(failure)
