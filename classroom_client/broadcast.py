"""What this classroom sends: the capture's packets fanned out to its peers, steered by what comes back from them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal

import av
from aiortc import RTCRtpSender
from aiortc.rtp import RTCP_PSFB_APP, AnyRtcpPacket, RtcpPsfbPacket, unpack_remb_fci

from classroom_client.capture import Capture, Input
from classroom_client.fanout import Fanout, PacketTrack
from classroom_client.peer import Peer
from signaling.messages import Source


class Broadcast:
    """Camera and microphone of this classroom, encoded once for however many peers."""

    def __init__(self, inputs: list[Input]) -> None:
        self._loop = asyncio.get_running_loop()
        self._capture = Capture(inputs, self._deliver)
        request = self._capture.video.request_keyframe
        self._fanouts = {"video": Fanout("video", request), "audio": Fanout("audio", lambda: None)}
        self._tracks: dict[Peer, list[tuple[str, PacketTrack]]] = {}

    @property
    def live(self) -> list[Source]:
        """The sources of this classroom."""
        sources: list[tuple[Source, str]] = [("microphone", "audio"), ("camera", "video")]
        return [source for source, kind in sources if kind in self._capture.kinds]

    def parts(self) -> dict[str, str]:
        """Camera and microphone as they are now, for a device's report."""
        return self._capture.parts()

    def taste(self, taste: Callable[[str, Any], None] | None) -> None:
        """From now on gives each captured frame to `taste` too, in the devices' threads; None ends it."""
        self._capture.taste = taste

    def start(self) -> None:
        """Opens camera and microphone."""
        self._capture.start()

    async def stop(self) -> None:
        """Closes them."""
        await asyncio.to_thread(self._capture.stop)

    def attach(self, peer: Peer) -> None:
        """Sends over a peer's lines too; call it before its offer."""
        lines: list[tuple[Source, Literal["audio", "video"]]] = [("microphone", "audio"), ("camera", "video")]
        tracks: list[tuple[str, PacketTrack]] = []
        for source, kind in lines:
            if kind in self._capture.kinds:
                track = self._fanouts[kind].open()
                peer.sends[source].sender.replaceTrack(track)
                tracks.append((kind, track))
        self._tracks[peer] = tracks
        self._listen_to(peer.sends["camera"].sender)

    def detach(self, peer: Peer) -> None:
        """Sends over that peer no more."""
        for kind, track in self._tracks.pop(peer, []):
            self._fanouts[kind].close(track)

    def _deliver(self, kind: str, packet: av.Packet[Any]) -> None:
        """Called in a capture's thread."""
        # The loop closes before the last of a device's threads when the program ends.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._fanouts[kind].put, packet)

    def _listen_to(self, sender: RTCRtpSender) -> None:
        """Keyframe requests and rate estimates go to our encoder: aiortc's own only packetizes here."""
        handle = sender._handle_rtcp_packet

        async def heard(packet: AnyRtcpPacket) -> None:
            if isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_APP:
                try:
                    self._capture.video.allow(unpack_remb_fci(packet.fci)[0])
                except ValueError:
                    return
            await handle(packet)

        sender._handle_rtcp_packet = heard  # type: ignore[method-assign]
        sender._send_keyframe = self._capture.video.request_keyframe  # type: ignore[method-assign]
