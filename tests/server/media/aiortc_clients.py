"""aiortc peers in the shape every client has: send lines, then pairs of receive lines."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamTrack

from signaling.messages import SLOTS


@dataclass
class AiortcClient:
    """`slots[i]` holds the audio and the video track of slot i once `connect` has returned.

    beside: whether it offers a data channel, which is `channel` then.
    """

    microphone: MediaStreamTrack | None = None
    camera: MediaStreamTrack | None = None
    beside: bool = False
    channel: RTCDataChannel | None = None
    peer: RTCPeerConnection = field(init=False)
    sending: list[RTCRtpTransceiver] = field(default_factory=list)
    receiving: list[RTCRtpTransceiver] = field(default_factory=list)
    slots: list[tuple[MediaStreamTrack, MediaStreamTrack]] = field(default_factory=list)

    async def offer(self) -> str:
        """Builds the peer and its complete offer."""
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self.peer = RTCPeerConnection(configuration)
        for track in (self.microphone or "audio", "audio", "audio", self.camera or "video", "video", "video"):
            self.sending.append(self.peer.addTransceiver(track, direction="sendonly"))
        self.receiving = [
            self.peer.addTransceiver(kind, direction="recvonly") for _ in range(SLOTS) for kind in ("audio", "video")
        ]
        if self.beside:
            self.channel = self.peer.createDataChannel("beside", negotiated=True, id=0, ordered=False, maxRetransmits=0)
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return self.peer.localDescription.sdp

    async def accept(self, answer: str) -> None:
        """Takes the answer and waits until media can flow."""
        connected = asyncio.Event()

        @self.peer.on("connectionstatechange")
        def changed() -> None:
            if self.peer.connectionState == "connected":
                connected.set()

        await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        tracks = [transceiver.receiver.track for transceiver in self.receiving]
        self.slots = [(tracks[2 * at], tracks[2 * at + 1]) for at in range(SLOTS)]
        async with asyncio.timeout(10):
            await connected.wait()

    async def close(self) -> None:
        """Ends the peer."""
        await self.peer.close()
