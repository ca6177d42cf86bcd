"""aiortc peers that only negotiate: after ICE and DTLS their socket and keys go to the load generator.

aiortc is used below its public interface here, because it hands out neither keys nor sockets.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aioice.ice
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc import rtcdtlstransport as dtls

from bench.load import End
from signaling.messages import SEND_LINES, SLOTS

NEVER = 10**9
CONNECT_WITHIN_S = 20.0
PROFILE = b"SRTP_AEAD_AES_128_GCM"
SENDS_AUDIO = ("microphone", "low_speech", "media_sound")


def prepare(address: str) -> None:
    """Makes every peer of this process use `address`, GCM, and a socket that outlives its answers.

    Consent checks (RFC 7675) go on being sent by aioice; their answers are drained by the load generator.
    """
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [address]
    aioice.ice.CONSENT_FAILURES = NEVER
    dtls.SRTP_PROFILES[:] = [profile for profile in dtls.SRTP_PROFILES if profile.openssl_profile == PROFILE]


async def _stay_idle(*_: object) -> None:
    """In place of the send and receive loops: the generator does both."""


def new_peer() -> RTCPeerConnection:
    """A peer without lines."""
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


def silence(peer: RTCPeerConnection) -> None:
    """Keeps a peer from sending and decoding by itself."""
    for transceiver in peer.getTransceivers():
        transceiver.sender.send = _stay_idle
        transceiver.receiver.receive = _stay_idle


def participant() -> RTCPeerConnection:
    """A peer with the lines of every client of this system (signaling.messages)."""
    peer = new_peer()
    for source in SEND_LINES:
        peer.addTransceiver("audio" if source in SENDS_AUDIO else "video", direction="sendonly")
    for _ in range(SLOTS):
        peer.addTransceiver("audio", direction="recvonly")
        peer.addTransceiver("video", direction="recvonly")
    silence(peer)
    return peer


async def offer(peer: RTCPeerConnection) -> str:
    """Its complete offer."""
    await peer.setLocalDescription(await peer.createOffer())
    return str(peer.localDescription.sdp)


async def accept(peer: RTCPeerConnection, answer: str) -> None:
    """Takes the answer and waits for DTLS."""
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await connected(peer)


async def connected(peer: RTCPeerConnection) -> None:
    """Waits for DTLS."""
    done = asyncio.Event()
    peer.on("connectionstatechange", lambda: peer.connectionState == "connected" and done.set())
    if peer.connectionState != "connected":
        async with asyncio.timeout(CONNECT_WITHIN_S):
            await done.wait()


def take_over(transport: Any) -> End:
    """The socket and keys of a connected DTLS transport; from here on nobody reads the socket but who gets it."""
    pair = transport.transport._connection._nominated[1]
    fd: int = pair.protocol.transport.get_extra_info("socket").fileno()
    asyncio.get_running_loop()._remove_reader(fd)  # type: ignore[attr-defined]
    name = transport._ssl.get_selected_srtp_profile()
    profile = next(one for one in transport._srtp_profiles if one.openssl_profile == name)
    view = transport._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length))
    client, server = profile.get_key_and_salt(view, 0), profile.get_key_and_salt(view, 1)
    sends, receives = (server, client) if transport._role == "server" else (client, server)
    return End(fd, pair.remote_addr, bytes(sends), bytes(receives))


def payload_type(peer: RTCPeerConnection, line: int, mime: str) -> int:
    """The number of a codec on a line after the answer."""
    codecs = peer.getTransceivers()[line]._codecs
    return int(next(codec.payloadType for codec in codecs if codec.mimeType.lower() == mime))


def send_ssrc(peer: RTCPeerConnection, line: int) -> int:
    """What the line sends with."""
    return int(peer.getTransceivers()[line].sender._ssrc)
