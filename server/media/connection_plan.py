"""What an offer becomes: sources and routes of the plane with their ids, and the answer. Nothing is opened here."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from server.media.answer import AnswerTransport, SlotStreams, agreed_codecs, write_answer
from server.media.offer import AUDIO_SOURCES, Offer
from server.media.offered_line import (
    ABS_SEND_TIME_URI,
    AUDIO_LEVEL_URI,
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    OfferedLine,
)
from server.media.plane import Codec, Kind, RouteSpec, SourceSpec
from signaling.messages import SEND_LINES, SLOTS, Layer, Source

Rid = Layer | Literal[""]


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """Settings of the media server. Rates are per connection.

    host: an address to bind, "" for all. port: for UDP and TCP, 0 for any. public_addresses: IP literals told to
    clients, best first; empty: this machine's own. video_codecs: best first.
    """

    host: str = ""
    port: int = 8444
    public_addresses: tuple[str, ...] = ()
    video_codecs: tuple[Codec, ...] = (Codec.H264, Codec.VP8)
    start_kbps: int = 1500
    cap_bps: int = 4_000_000
    max_in_bps: int = 12_000_000
    max_in_pps: int = 3_000


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """A connection before it is opened.

    sources: plane source id by (source, rid). routes: (audio route, video route) by slot.
    """

    answer: str
    source_specs: tuple[SourceSpec, ...]
    route_specs: tuple[RouteSpec, ...]
    sources: dict[tuple[Source, Rid], int]
    routes: list[tuple[int, int]]

    def video_tracks(self) -> list[dict[Layer, int]]:
        """Video sources by track and layer; a track without layers counts as full size."""
        tracks: dict[Source, dict[Layer, int]] = {}
        for (name, rid), source in self.sources.items():
            if name not in AUDIO_SOURCES:
                tracks.setdefault(name, {})[rid or "f"] = source
        return list(tracks.values())


def plan_connection(
    peer: int, offer: Offer, transport: AnswerTransport, config: MediaConfig, ids: Iterator[int]
) -> ConnectionPlan:
    """Plans the connection `peer`; `ids` gives the ids of its sources and routes."""
    streams = [_fresh_streams(line) for line in offer.received]
    answer = write_answer(
        offer,
        transport,
        streams,
        session_id=secrets.randbits(62),
        cname=f"tongke{peer}",
        preferred=config.video_codecs,
        start_kbps=config.start_kbps,
    )
    sources = tuple(_sources(peer, offer, config.video_codecs, ids))
    routes = tuple(_routes(peer, offer, streams, config.video_codecs, ids))
    return ConnectionPlan(
        answer,
        tuple(spec for _, _, spec in sources),
        routes,
        {(name, rid): spec.source for name, rid, spec in sources},
        [(routes[2 * slot].route, routes[2 * slot + 1].route) for slot in range(SLOTS)],
    )


def _fresh_streams(line: OfferedLine) -> SlotStreams:
    repaired = line.kind is Kind.VIDEO and any(one.rtx_pt is not None for one in line.codecs)
    ssrc = 0x10000 + secrets.randbelow(0xEFFF0000)
    return SlotStreams(ssrc, (ssrc ^ 0x5555) if repaired else 0)


def _sources(
    peer: int, offer: Offer, preferred: tuple[Codec, ...], ids: Iterator[int]
) -> Iterator[tuple[Source, Rid, SourceSpec]]:
    for name, line in zip(SEND_LINES, offer.sent, strict=False):
        rids: tuple[Rid, ...] = line.rids or ("",)
        for rid in rids:
            yield name, rid, _source_spec(next(ids), peer, line, rid, preferred)


def _source_spec(source: int, peer: int, line: OfferedLine, rid: Rid, preferred: tuple[Codec, ...]) -> SourceSpec:
    extensions = line.extensions
    return SourceSpec(
        source=source,
        peer=peer,
        kind=line.kind,
        mid=line.mid,
        rid=rid,
        payload_types=agreed_codecs(line, preferred),
        ssrc=None if rid else line.ssrc,
        rtx_ssrc=None if rid else line.rtx_ssrc,
        mid_id=extensions.get(MID_URI),
        rid_id=extensions.get(RID_URI),
        rrid_id=extensions.get(REPAIRED_RID_URI),
        abs_send_time_id=extensions.get(ABS_SEND_TIME_URI),
        audio_level_id=extensions.get(AUDIO_LEVEL_URI),
    )


def _routes(
    peer: int, offer: Offer, streams: list[SlotStreams], preferred: tuple[Codec, ...], ids: Iterator[int]
) -> Iterator[RouteSpec]:
    for line, stream in zip(offer.received, streams, strict=True):
        yield RouteSpec(
            route=next(ids),
            peer=peer,
            kind=line.kind,
            ssrc=stream.ssrc,
            payload_types=agreed_codecs(line, preferred),
            cname=f"tongke{peer}",
            rtx_ssrc=stream.rtx or None,
            abs_send_time_id=line.extensions.get(ABS_SEND_TIME_URI),
            transport_sequence_id=line.transport_sequence_id,
        )
