"""Our SDP answer: fixed in shape, so that no second exchange is ever needed (docs/decisions/0002).

Receive lines become slots: each has its own SSRC and repair SSRC, and the audio and video line of a slot share a media
stream id, so that the browser keeps lips and sound together whoever is shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from server.media.channel import Channel, channel_head, channel_rows
from server.media.dtls import Fingerprint
from server.media.ice_lite import Credentials
from server.media.offer import Offer
from server.media.offered_line import ABS_SEND_TIME_URI, TRANSPORT_FEEDBACK, TRANSPORT_SEQUENCE_URI, OfferedLine
from server.media.plane import Codec, Kind, PayloadType
from signaling.messages import SEND_LINES, Source

_NAMES = {Codec.OPUS: "opus/48000/2", Codec.RED: "red/48000/2", Codec.H264: "H264/90000", Codec.VP8: "VP8/90000"}
_FORMATS = {
    Codec.OPUS: "minptime=10;useinbandfec=1",
    Codec.H264: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    Codec.VP8: "",
}
_FEEDBACK = ("goog-remb", "ccm fir", "nack", "nack pli")
"""What the plane handles on what clients send. Transport-wide feedback is left out there: without it senders obey our
REMB. On what they receive it is what tells how much a line carries (docs/decisions/0011)."""
LOW_SPEECH = "maxaveragebitrate=16000"
LOW_SPEECH_PTIME_MS = 60


class SlotStreams(Struct, frozen=True):
    """The SSRCs of one receive line; `rtx` is 0 for audio."""

    ssrc: int
    rtx: int


class AnswerTransport(Struct, frozen=True):
    """Where and as whom we are reached. addresses: IP literals, best first; one port for UDP and TCP."""

    credentials: Credentials
    fingerprint: Fingerprint
    addresses: tuple[str, ...]
    port: int


def agreed_codecs(line: OfferedLine, preferred: Sequence[Codec]) -> tuple[PayloadType, ...]:
    """The line's codecs in our order: a sender uses the first, so RED, which doubles all sound, only if it asks for it
    itself (docs/decisions/0019)."""
    if line.kind is Kind.AUDIO:
        preferred = (Codec.OPUS, Codec.RED)
    return tuple(sorted((one for one in line.codecs if one.codec in preferred), key=lambda o: preferred.index(o.codec)))


def write_answer(
    offer: Offer,
    transport: AnswerTransport,
    slots: Sequence[SlotStreams],
    *,
    session_id: int,
    cname: str,
    preferred: Sequence[Codec],
    start_kbps: int,
) -> str:
    """The answer to `offer`.

    slots: one per receive line, in their order. preferred: video codecs, best first. start_kbps: where Chromium's
    bandwidth estimate starts; without it the first seconds are a quarter of the picture.
    """
    mids = " ".join(offer.mids)
    rows = ["v=0", f"o=- {session_id} 2 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}", "a=ice-lite"]
    rows += ["a=extmap-allow-mixed"] if offer.mixed_extensions else []
    rows += ["a=msid-semantic: WMS *"]
    sends = len(offer.sent)
    for at, line in enumerate(offer.lines):
        codecs = agreed_codecs(line, preferred)
        rows += _head(line, codecs, transport)
        if at < sends:
            rows += _receiving(line, codecs, SEND_LINES[at], start_kbps)
        else:
            rows += _slot(line, codecs, slots[at - sends], (at - sends) // 2, cname)
        if at == 0:
            rows += _candidates(transport)
    if offer.channel is not None:
        rows += _channel(offer.channel, transport)
    rows += _candidates(transport)  # once more, because aiortc takes those of a bundle's last section
    return "\r\n".join(rows) + "\r\n"


def _channel(channel: Channel, transport: AnswerTransport) -> list[str]:
    return [channel_head(transport.port), *_transport(channel.mid, transport), *channel_rows(channel)]


def _head(line: OfferedLine, codecs: Sequence[PayloadType], transport: AnswerTransport) -> list[str]:
    media = "audio" if line.kind is Kind.AUDIO else "video"
    types = [pt for one in codecs for pt in (one.pt, one.rtx_pt) if pt is not None]
    return [
        f"m={media} {transport.port} UDP/TLS/RTP/SAVPF {' '.join(map(str, types))}",
        *_transport(line.mid, transport),
        "a=rtcp-mux",
        *(["a=rtcp-rsize"] if line.reduced_size else []),
    ]


def _transport(mid: str, transport: AnswerTransport) -> list[str]:
    host = transport.addresses[0]
    return [
        f"c=IN {'IP6' if ':' in host else 'IP4'} {host}",
        f"a=mid:{mid}",
        f"a=ice-ufrag:{transport.credentials.ufrag}",
        f"a=ice-pwd:{transport.credentials.password}",
        f"a=fingerprint:{transport.fingerprint.algorithm} {transport.fingerprint.value}",
        "a=setup:passive",
    ]


def _codec_rows(line: OfferedLine, codecs: Sequence[PayloadType], extra: str, *feedback: str) -> list[str]:
    rows = []
    for one in codecs:
        rows.append(f"a=rtpmap:{one.pt} {_NAMES[one.codec]}")
        offered = line.feedback.get(one.pt, frozenset())
        handled = (*_FEEDBACK, *feedback) if line.kind is Kind.VIDEO else feedback
        rows += [f"a=rtcp-fb:{one.pt} {kind}" for kind in handled if kind in offered]
        form = f"{codecs[0].pt}/{codecs[0].pt}" if one.codec is Codec.RED else _format(one, extra)
        rows += [f"a=fmtp:{one.pt} {form}"] if form else []
        if one.rtx_pt is not None:
            rows += [f"a=rtpmap:{one.rtx_pt} rtx/90000", f"a=fmtp:{one.rtx_pt} apt={one.pt}"]
    return rows


def _format(one: PayloadType, extra: str) -> str:
    return ";".join(part for part in (_FORMATS[one.codec], extra) if part)


def _receiving(line: OfferedLine, codecs: Sequence[PayloadType], source: Source, start_kbps: int) -> list[str]:
    extensions = [(uri, element) for uri, element in line.extensions.items() if uri != TRANSPORT_SEQUENCE_URI]
    rows = ["a=recvonly", *(f"a=extmap:{element} {uri}" for uri, element in extensions)]
    if line.kind is Kind.VIDEO:
        rows += _codec_rows(line, codecs, f"x-google-start-bitrate={start_kbps}")
    elif source == "low_speech":
        rows += [*_codec_rows(line, codecs, LOW_SPEECH), f"a=ptime:{LOW_SPEECH_PTIME_MS}"]
    else:
        rows += _codec_rows(line, codecs, "")
    if line.rids:
        rows += [f"a=rid:{rid} recv" for rid in line.rids]
        rows.append(f"a=simulcast:recv {';'.join(line.rids)}")
    return rows


def _slot(line: OfferedLine, codecs: Sequence[PayloadType], streams: SlotStreams, slot: int, cname: str) -> list[str]:
    stream = f"s{slot} s{slot}{'a' if line.kind is Kind.AUDIO else 'v'}"
    rows = ["a=sendonly", f"a=msid:{stream}"]
    if line.transport_sequence_id is not None:
        rows.append(f"a=extmap:{line.transport_sequence_id} {TRANSPORT_SEQUENCE_URI}")
        rows += _codec_rows(line, codecs, "", TRANSPORT_FEEDBACK)
    else:
        if ABS_SEND_TIME_URI in line.extensions:
            rows.append(f"a=extmap:{line.extensions[ABS_SEND_TIME_URI]} {ABS_SEND_TIME_URI}")
        rows += _codec_rows(line, codecs, "")
    ssrcs = [streams.ssrc]
    if streams.rtx:
        ssrcs.append(streams.rtx)
        rows.append(f"a=ssrc-group:FID {streams.ssrc} {streams.rtx}")
    return rows + [f"a=ssrc:{ssrc} {value}" for ssrc in ssrcs for value in (f"cname:{cname}", f"msid:{stream}")]


def _candidates(transport: AnswerTransport) -> list[str]:
    """Host candidates over UDP and, below them, passive TCP (RFC 8445 section 5.1.2, RFC 6544 section 4.2)."""
    rows = []
    for at, host in enumerate(transport.addresses):
        for protocol, kind, preference in (("udp", "", 126), ("tcp", " tcptype passive", 90)):
            priority = preference << 24 | (65535 - at) << 8 | 255
            foundation = f"{2 * at + (protocol == 'tcp')}"
            rows.append(f"a=candidate:{foundation} 1 {protocol} {priority} {host} {transport.port} typ host{kind}")
    return [*rows, "a=end-of-candidates"]
