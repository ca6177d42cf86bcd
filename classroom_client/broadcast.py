"""What this classroom sends: the capture's packets fanned out to its peers, steered by what comes back from them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import av
from aiortc import RTCRtpSender
from aiortc.rtp import RTCP_PSFB_APP, AnyRtcpPacket, RtcpPsfbPacket, RtcpRrPacket, RtcpSrPacket, unpack_remb_fci

from classroom_client.capture import Capture, Input
from classroom_client.fanout import Fanout, PacketTrack
from classroom_client.peer import Peer
from classroom_client.send_rate import SendRate
from classroom_client.voice import speech_for
from signaling.ladder import carries_pictures
from signaling.messages import Layer, Layers, Rung, Source

LINES: Final[dict[Source, tuple[str, str]]] = {
    "microphone": ("audio", "audio"),
    "low_speech": ("audio", "low_speech"),
    "camera": ("video", "video"),
}
"""What is sent, of which kind of input, and as what the capture delivers it."""
HEIGHTS: Final[dict[Layer, int]] = {"q": 180, "h": 360, "f": 720}


class Broadcast:
    """Camera and microphone of this classroom, encoded once for however many peers."""

    def __init__(self, inputs: list[Input]) -> None:
        self._loop = asyncio.get_running_loop()
        self._capture = Capture(inputs, self._deliver)
        self.played = self._capture.played
        request = self._capture.video.request_keyframe
        self._fanouts = {
            "video": Fanout("video", request),
            "audio": Fanout("audio", lambda: None),
            "low_speech": Fanout("audio", lambda: None),
        }
        self._rate = SendRate()
        self._watched = self._carried = True
        self._tracks: dict[Peer, list[tuple[str, PacketTrack]]] = {}

    @property
    def live(self) -> list[Source]:
        """The sources of this classroom."""
        return [source for source, (kind, _) in LINES.items() if kind in self._capture.kinds]

    def parts(self) -> dict[str, str]:
        """Camera and microphone as they are now, in the words of a device's report."""
        return self._capture.parts()

    def plugged(self) -> dict[str, str | int]:
        """The same, and how many cameras there are."""
        return {**self.parts(), "cameras": self._capture.cameras}

    def taste(self, taste: Callable[[str, Any], None] | None) -> None:
        """From now on gives each captured frame to `taste` too, in the devices' threads; None ends it."""
        self._capture.taste = taste

    def start(self) -> None:
        """Opens camera and microphone."""
        self._capture.start()

    async def stop(self) -> None:
        """Closes them."""
        await asyncio.to_thread(self._capture.stop)

    def follow(self, layers: Layers) -> None:
        """Sends what somebody looks at or listens to, and no more. One picture stands for all layers of the camera."""
        if layers.source == "camera":
            self._watched = bool(layers.active)
            self._pause()
            self._capture.video.tallest = max((HEIGHTS[layer] for layer in layers.active), default=HEIGHTS["f"])
        elif layers.source == "microphone":
            self._capture.muted = not layers.active
        elif layers.source == "low_speech":
            self._capture.low_speech = bool(layers.active)

    def stand_on(self, rung: Rung) -> None:
        """This room's line carries so much: a line is mostly as thin one way as the other."""
        self._capture.speech = speech_for(rung)
        self._carried = carries_pictures(rung)
        self._pause()

    def _pause(self) -> None:
        self._capture.video.paused = not (self._watched and self._carried)

    def attach(self, peer: Peer) -> None:
        """Sends over a peer's lines too; call it before its offer."""
        tracks: list[tuple[str, PacketTrack]] = []
        for source in self.live:
            fanout = LINES[source][1]
            track = self._fanouts[fanout].open()
            peer.sends[source].sender.replaceTrack(track)
            tracks.append((fanout, track))
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
                    self._rate.estimated(unpack_remb_fci(packet.fci)[0])
                except ValueError:
                    return
            elif isinstance(packet, RtcpRrPacket | RtcpSrPacket):
                for report in packet.reports:
                    if report.ssrc == sender._ssrc:
                        self._rate.reported(report.fraction_lost / 256)
            self._capture.video.allow(self._rate.bps)
            await handle(packet)

        sender._handle_rtcp_packet = heard  # type: ignore[method-assign]
        sender._send_keyframe = self._capture.video.request_keyframe  # type: ignore[method-assign]
