"""Drives `bench.plane_process`: connections whose sockets go to the load generator."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any

from aiortc import RTCPeerConnection

from bench import peers
from bench.load import SERVER_CORE, End
from signaling.messages import SEND_LINES

LINE_MOST = 1 << 22
MICROPHONE, CAMERA = SEND_LINES.index("microphone"), SEND_LINES.index("camera")


@dataclass(frozen=True)
class Member:
    """A connected participant: its number at the server, its sources there, its end of the line."""

    id: int
    sources: dict[str, int]
    peer: RTCPeerConnection
    end: End

    def sends(self, line: int) -> tuple[int, int]:
        """SSRC and payload type of a send line."""
        mime = "audio/opus" if line < CAMERA else "video/vp8"
        return peers.send_ssrc(self.peer, line), peers.payload_type(self.peer, line, mime)


class Plane:
    """Our media server in a child process on a core of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._asking = asyncio.Lock()

    @staticmethod
    async def start(host: str) -> Plane:
        """Starts it on an address of this machine."""
        process = await asyncio.create_subprocess_exec(
            "taskset", "-c", str(SERVER_CORE), sys.executable, "-m", "bench.plane_process", host,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE_MOST,
        )  # fmt: skip
        return Plane(process)

    @property
    def pid(self) -> int:
        """For whoever measures it (taskset becomes the program it starts)."""
        return self._process.pid

    async def ask(self, **request: Any) -> Any:
        """One request and its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._asking:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            return json.loads(await self._process.stdout.readline())

    async def join(self) -> Member:
        """A participant with all its lines, connected; its end is ready for the generator."""
        peer = peers.participant()
        told = await self.ask(do="offer", sdp=await peers.offer(peer))
        await peers.accept(peer, told["answer"])
        return Member(told["id"], told["sources"], peer, peers.take_over(peer.getTransceivers()[0].sender.transport))

    async def join_many(self, count: int) -> list[Member]:
        """So many at once."""
        return list(await asyncio.gather(*(self.join() for _ in range(count))))

    async def show(self, receiver: Member, slot: int, sender: Member) -> None:
        """Puts the sender's camera in a slot of the receiver."""
        await self.ask(do="show", id=receiver.id, slot=slot, kind="video", source=sender.sources["camera/"])

    async def stop(self) -> None:
        """Ends it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
