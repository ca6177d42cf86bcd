"""The seam between policy and packets: what a media plane must do.

Python decides, the plane moves packets. Above this seam live ICE, DTLS, SDP and every policy; below it SRTP, the flow
table, rewriting, retransmission, keyframe gates, sender and receiver reports, and REMB. A native plane can take the
place of `python_plane.PythonPlane` without a change above: ids are integers, records are frozen and flat, everything is
called from the event loop, and nothing is called up per packet except the tap, in batches.
`tests/contract/` runs on every plane.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Protocol

from msgspec import Struct


class Kind(IntEnum):
    """Media kind of a source or a route."""

    AUDIO = 0
    VIDEO = 1


class Codec(IntEnum):
    """Codecs the plane can gate and rewrite."""

    OPUS = 0
    H264 = 1
    VP8 = 2
    RED = 3


class SrtpKeys(Struct, frozen=True):
    """Keys from the DTLS handshake (RFC 5764, section 4.2).

    profile: OpenSSL's name, e.g. `SRTP_AEAD_AES_128_GCM`. rx, tx: master key followed by master salt, bytes.
    """

    profile: str
    rx: bytes
    tx: bytes


class PayloadType(Struct, frozen=True):
    """One payload type of a peer and the payload type that retransmits it (None: no RTX)."""

    pt: int
    codec: Codec
    clock_hz: int
    rtx_pt: int | None = None


class SourceSpec(Struct, frozen=True):
    """One RTP stream a peer sends: a track, or one simulcast layer of it.

    Found by its SSRC when the offer told one (`ssrc`), else by the MID and RID header extensions (RFC 8843, 8852).
    The extension ids are the peer's own; None where not negotiated.
    """

    source: int
    peer: int
    kind: Kind
    mid: str
    rid: str
    payload_types: tuple[PayloadType, ...]
    ssrc: int | None = None
    rtx_ssrc: int | None = None
    mid_id: int | None = None
    rid_id: int | None = None
    rrid_id: int | None = None
    abs_send_time_id: int | None = None
    audio_level_id: int | None = None


class RouteSpec(Struct, frozen=True):
    """One receive m-line of a peer: what leaves on it has this SSRC, these payload types, one timeline for ever."""

    route: int
    peer: int
    kind: Kind
    ssrc: int
    payload_types: tuple[PayloadType, ...]
    cname: str
    rtx_ssrc: int | None = None
    abs_send_time_id: int | None = None
    transport_sequence_id: int | None = None
    """Where negotiated it is written in place of abs-send-time, and the peer reports when each packet came."""


class TapPacket(Struct, frozen=True):
    """One decrypted packet of a tapped source, in order of arrival.

    rtp: a whole RTP packet (RFC 3550, section 5.1) with the publisher's numbers; RTX is undone, padding and header
    extensions are gone.
    arrival_ns: monotonic. capture_ns: monotonic estimate of the instant its RTP timestamp was captured, on the server's
    clock; differences between sources of one peer are exact to its sender reports.
    codec: which codec the payload type means.
    """

    source: int
    arrival_ns: int
    capture_ns: int
    codec: Codec
    rtp: bytes


class EventKind(IntEnum):
    """What a plane reports upward."""

    SOURCE_STARTED = 0
    """source: its first packet came."""
    ROUTE_STARTED = 1
    """route, source: the first packet (a keyframe, if video) of this source left on this route."""
    RECEIVER_ESTIMATE = 2
    """bitrate_bps: the peer's REMB for all it receives."""
    RECEIVER_REPORT = 3
    """route, loss_permille, highest (extended sequence number), lost (in all), rtt_us (0 if unknown), jitter_us."""
    SOURCE_LOST = 4
    """source: no packet for `silent_ms`."""
    TRANSPORT_FEEDBACK = 5
    """received, missing, octets, span_us, sent_octets, least_delay_us: see `sent_log.Delivered`."""


class PeerCounters(Struct, frozen=True):
    """Counters since the peer was opened."""

    packets_in: int
    bytes_in: int
    packets_out: int
    bytes_out: int
    lost_in: int
    retransmitted: int
    dropped: int
    last_in_ns: int


class PlaneStats(Struct, frozen=True):
    """Counters since start; drops are told by reason."""

    packets_in: int
    packets_out: int
    bytes_in: int
    bytes_out: int
    dropped: dict[str, int]
    peers: dict[int, PeerCounters]


OnControl = Callable[[int, bytes], None]
"""(flow, datagram): STUN or DTLS for the layers above."""
OnEvent = Callable[..., None]
"""(kind, peer, **ints)."""
OnTap = Callable[[Sequence[TapPacket]], None]
"""A batch, at most every 80 ms."""


class MediaPlane(Protocol):
    """What moves packets. Unknown ids raise `KeyError`; everything else that peers send is dropped and counted."""

    def open_peer(self, peer: int, *, max_in_bps: int, max_in_pps: int) -> None: ...
    def install_keys(self, peer: int, keys: SrtpKeys) -> None: ...
    def bind_flow(self, flow: int, peer: int) -> None:
        """Lets SRTP in from this flow: an authenticated check came from it."""

    def select_flow(self, peer: int, flow: int) -> None:
        """Sends to this flow from now on: the peer nominated it."""

    def unbind_flow(self, flow: int) -> None: ...
    def send_raw(self, flow: int, data: bytes) -> None: ...
    def add_source(self, spec: SourceSpec) -> None: ...
    def add_route(self, spec: RouteSpec) -> None: ...
    def switch_route(self, route: int, source: int | None) -> None:
        """Sends this source on this route, from its next keyframe on; None empties it."""

    def repeat(self, route: int, times: int) -> None:
        """For a line that loses at random. Sound: each packet goes again in so many later ones (RED; 0 to 2), where its
        receiver speaks that. Pictures, unless 0: what feedback tells is missing goes again, asked for or not."""

    def repeat_start(self, route: int) -> None:
        """Sends once more, unasked, what has left so far of what the route shows, and was not repeated by this before.

        As far as repairs are allowed."""

    def remove_route(self, route: int) -> None: ...
    def request_keyframe(self, source: int) -> None: ...
    def cap_peer(self, peer: int, bitrate_bps: int) -> None:
        """What the peer may send in all, told to it by REMB each second."""

    def probe(self, peer: int, bitrate_bps: int, duration_ms: int) -> None:
        """Fills up what the peer is sent to this rate with padding, for a while; 0 ends a probe."""

    def source_octets(self, source: int) -> int:
        """Payload bytes received of a source."""

    def came_in(self, peer: int) -> tuple[int, int]:
        """Media packets of a peer that came, and those that were lost on their way and did not come again."""

    def bytes_out(self, peer: int) -> int:
        """Bytes of media sent to a peer."""

    def untold_ns(self, peer: int) -> int:
        """How long ago the oldest packet left that a peer's transport-wide feedback has not told of; 0: none."""

    def tap(self, source: int, on: bool) -> None: ...
    def stats(self) -> PlaneStats: ...
    def refused(self) -> dict[int, dict[str, int]]:
        """Packets of or to each open peer that went nowhere, by reason."""

    def close_peer(self, peer: int) -> None:
        """Its sources and routes go too; other peers' routes from them fall empty."""
