"""Debian's Janus VideoRoom as a peer: its server, and rooms of one publisher and its subscribers over WebSocket.

Janus needs an address that is not loopback (libnice never offers it); bench/namespace.py gives it one.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse
from aiortc import RTCPeerConnection, RTCSessionDescription

from bench import peers
from bench.load import SERVER_CORE, End
from bench.namespace import ADDRESS

SIGNALING = "ws://127.0.0.1:8188"
STARTED_WITHIN_S = 10.0
ANSWERED_WITHIN_S = 20.0
ASK_AGAIN_S = 0.05
PLUGINS_OFF = "audiobridge echotest recordplay streaming sip nosip textroom videocall voicemail lua duktape"
TRANSPORTS_OFF = "http pfunix rabbitmq mqtt nanomsg"

MAIN = """
general: {{ session_timeout = 0 configs_folder = "{folder}" debug_level = 3
 events_folder = "/nonexistent" loggers_folder = "/nonexistent" }}
media: {{ rtp_port_range = "20000-40000" }}
nat: {{ nice_debug = false ice_enforce_list = "{address}" }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
"""
WEBSOCKETS = 'general: { json = "compact" ws = true ws_port = 8188 ws_ip = "127.0.0.1" wss = false }\n'


class NoJanus(Exception):
    """There is no Janus on this machine."""

    def __init__(self) -> None:
        super().__init__("Janus is missing; on Debian: apt-get install -y janus")


class JanusRefused(Exception):
    """Janus answered a request by an error, in its own words."""


def _write_settings(folder: Path) -> None:
    names = {"plugins": PLUGINS_OFF, "transports": TRANSPORTS_OFF}
    off = {kind: ",".join(f"libjanus_{name}.so" for name in listed.split()) for kind, listed in names.items()}
    (folder / "janus.jcfg").write_text(MAIN.format(folder=folder, address=ADDRESS, **off))
    (folder / "janus.transport.websockets.jcfg").write_text(WEBSOCKETS)
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: { string_ids = false }\n")


class Janus:
    """A running Janus and one session with it."""

    def __init__(self, process: asyncio.subprocess.Process, http: ClientSession) -> None:
        self._process = process
        self._http = http
        self._socket: ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._session: int | None = None

    @staticmethod
    async def start(folder: Path) -> Janus:
        """Starts it on a core of its own.

        Raises:
            NoJanus: it is not installed.
        """
        if shutil.which("janus") is None:
            raise NoJanus
        _write_settings(folder)
        with (folder / "janus.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                "taskset", "-c", str(SERVER_CORE), "janus", "-F", str(folder), stdout=log, stderr=log
            )
        janus = Janus(process, ClientSession())
        await janus._connect()
        return janus

    @property
    def pid(self) -> int:
        """For whoever measures it (taskset becomes the program it starts)."""
        return self._process.pid

    async def _connect(self) -> None:
        async with asyncio.timeout(STARTED_WITHIN_S):
            while self._socket is None:
                try:
                    self._socket = await self._http.ws_connect(SIGNALING, protocols=("janus-protocol",))
                except OSError:
                    await asyncio.sleep(0.1)
        self._reading = asyncio.create_task(self._read(self._socket))
        self._session = (await self._ask({"janus": "create"}))["data"]["id"]

    async def _read(self, socket: ClientWebSocketResponse) -> None:
        async for message in socket:
            told = json.loads(message.data)
            if told["janus"] != "ack" and (waiting := self._waiting.pop(told.get("transaction", ""), None)):
                waiting.set_result(told)

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._socket is not None
        transaction = secrets.token_hex(8)
        answer = self._waiting[transaction] = asyncio.get_running_loop().create_future()
        session = {} if self._session is None else {"session_id": self._session}
        await self._socket.send_json({**request, **session, "transaction": transaction})
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            return await answer

    async def _message(self, handle: int, body: dict[str, Any], jsep: tuple[str, str] | None = None) -> dict[str, Any]:
        description = {} if jsep is None else {"jsep": {"type": jsep[0], "sdp": jsep[1]}}
        return await self._ask({"janus": "message", "handle_id": handle, "body": body, **description})

    async def _attach(self) -> int:
        attached = await self._ask({"janus": "attach", "plugin": "janus.plugin.videoroom"})
        return int(attached["data"]["id"])

    async def publish(self, room: int) -> tuple[RTCPeerConnection, End, dict[str, Any]]:
        """A new room and its one publisher; what subscribers have to name."""
        handle = await self._attach()
        await self._message(handle, {"request": "create", "room": room, "bitrate": 0, "videocodec": "vp8"})
        peer = peers.new_peer()
        peer.addTransceiver("video", direction="sendonly")
        peers.silence(peer)
        body = {"request": "joinandconfigure", "ptype": "publisher", "room": room, "video": True, "audio": False}
        offer = await peers.offer(peer)
        told = await self._message(handle, body, ("offer", _sha256_only(offer)))
        await peers.accept(peer, told["jsep"]["sdp"])
        feed = told["plugindata"]["data"]
        names = {"room": room, "private_id": feed["private_id"], "streams": [{"feed": feed["id"]}]}
        return peer, peers.take_over(peer.getSenders()[0].transport), names

    async def _join(self, handle: int, names: dict[str, Any]) -> str:
        """The offer of a publisher's media. Janus has none until its own end of the publisher's DTLS is done.

        Raises:
            JanusRefused: it has none for too long.
        """
        refusal = "no answer"
        try:
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                while True:
                    told = await self._message(handle, {"request": "join", "ptype": "subscriber", **names})
                    if "jsep" in told:
                        return str(told["jsep"]["sdp"])
                    refusal = str(told.get("error") or told["plugindata"]["data"].get("error", told))
                    await asyncio.sleep(ASK_AGAIN_S)
        except TimeoutError:
            raise JanusRefused(refusal) from None

    async def subscribe(self, names: dict[str, Any]) -> tuple[RTCPeerConnection, End]:
        """A subscriber of a publisher; keep the peer as long as its socket is needed."""
        handle = await self._attach()
        offer = await self._join(handle, names)
        peer = peers.new_peer()
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        peers.silence(peer)
        await peer.setLocalDescription(await peer.createAnswer())
        await self._message(handle, {"request": "start"}, ("answer", _sha256_only(peer.localDescription.sdp)))
        await peers.connected(peer)
        return peer, peers.take_over(peer.getReceivers()[0].transport)

    async def stop(self) -> None:
        """Ends it."""
        if self._reading is not None:
            self._reading.cancel()
        await self._http.close()
        self._process.terminate()
        await self._process.wait()


def _sha256_only(sdp: str) -> str:
    """Janus 1.1 refuses aiortc's further fingerprints."""
    rows = sdp.splitlines(keepends=True)
    return "".join(row for row in rows if not row.startswith("a=fingerprint:") or "sha-256" in row)
