"""The data channel in offers and answers: one m-section after all media, if the client has one (RFC 8841).

It carries numbered events beside the WebSocket (`courier`), on weak lines. Both ends agree on it in advance: stream 0,
unordered, never sent again by SCTP itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from server.media.sctp_intake import MESSAGE_BYTES

PROTOCOL = "UDP/DTLS/SCTP webrtc-datachannel"


class Channel(Struct, frozen=True):
    """The m-section of an offer; port: of SCTP, the same at both ends."""

    mid: str
    port: int


def read_channel(head: str, attributes: Sequence[tuple[str, str]]) -> Channel | None:
    """The channel that an m-section offers; None where it is none that we speak."""
    media, _, rest = head.partition(" ")
    mids = [value for name, value in attributes if name == "mid"]
    ports = [value for name, value in attributes if name == "sctp-port"]
    known = media == "application" and rest.partition(" ")[2] == PROTOCOL
    if not known or len(mids) != 1 or len(ports) != 1 or not (ports[0].isascii() and ports[0].isdigit()):
        return None
    port = int(ports[0]) if len(ports[0]) <= 5 else 0
    return Channel(mids[0], port) if 0 < port < 65536 else None


def channel_head(port: int) -> str:
    """The m-line of the answer; port: of our transport."""
    return f"m=application {port} {PROTOCOL}"


def channel_rows(channel: Channel) -> list[str]:
    """What the answer says of the channel beside the transport."""
    return [f"a=sctp-port:{channel.port}", f"a=max-message-size:{MESSAGE_BYTES}"]
