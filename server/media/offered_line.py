"""One m-section of an offer, as far as this system uses it: codecs, feedback, header extensions, layers, SSRCs."""

from __future__ import annotations

from typing import get_args

from msgspec import Struct

from server.media.plane import Codec, Kind, PayloadType
from server.media.sdp import TOKEN, Attributes, OfferRefused, number, values
from signaling.messages import Layer

LAYERS: tuple[Layer, ...] = get_args(Layer)

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
ABS_SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_SEQUENCE_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
EXTENSIONS = (MID_URI, RID_URI, REPAIRED_RID_URI, ABS_SEND_TIME_URI, AUDIO_LEVEL_URI, TRANSPORT_SEQUENCE_URI)
TRANSPORT_FEEDBACK = "transport-cc"


class OfferedLine(Struct, frozen=True):
    """One m-section, as far as we use it.

    codecs: those we speak, in the order of the offer. feedback: the `a=rtcp-fb` values by payload type. extensions: id
    by URI. rids: simulcast layers offered to be sent. ssrc: the first one announced, with its repair stream.
    """

    mid: str
    kind: Kind
    direction: str
    codecs: tuple[PayloadType, ...]
    feedback: dict[int, frozenset[str]]
    extensions: dict[str, int]
    rids: tuple[Layer, ...]
    reduced_size: bool
    ssrc: int | None
    rtx_ssrc: int | None

    @property
    def transport_sequence_id(self) -> int | None:
        """The id of the transport-wide sequence number, if its receiver will tell when each packet came."""
        media = [one.pt for one in self.codecs if one.codec is not Codec.RED]
        tells = all(TRANSPORT_FEEDBACK in self.feedback.get(pt, frozenset()) for pt in media)
        return self.extensions.get(TRANSPORT_SEQUENCE_URI) if tells else None


def read_line(head: str, attributes: Attributes) -> OfferedLine:
    """Reads one m-section: its m-line without `m=`, and its attributes.

    Raises:
        OfferRefused: it is no audio or video that this server can carry.
    """
    media, _, rest = head.partition(" ")
    if media not in ("audio", "video") or "UDP/TLS/RTP/SAVPF" not in rest:
        raise OfferRefused("offer_shape", "an m-section is neither audio nor video over DTLS-SRTP")
    mids = values(attributes, "mid")
    if len(mids) != 1 or not TOKEN.fullmatch(mids[0]):
        raise OfferRefused("offer_shape", "an m-section has no mid")
    ssrc, rtx_ssrc = _ssrcs(attributes)
    return OfferedLine(
        mid=mids[0],
        kind=Kind.AUDIO if media == "audio" else Kind.VIDEO,
        direction=next((n for n, _ in attributes if n in ("sendonly", "recvonly", "sendrecv", "inactive")), "sendrecv"),
        codecs=_codecs(attributes),
        feedback=_feedback(attributes),
        extensions=_extensions(attributes),
        rids=_rids(attributes),
        reduced_size=("rtcp-rsize", "") in attributes,
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc,
    )


def _codecs(attributes: Attributes) -> tuple[PayloadType, ...]:
    """Opus, H.264 (constrained baseline, packetization mode 1) and VP8 with their RTX types (RFC 4588, section 8)."""
    names: dict[int, str] = {}
    formats: dict[int, dict[str, str]] = {}
    for value in values(attributes, "rtpmap"):
        told, _, name = value.partition(" ")
        names.setdefault(number(told, 127), name.strip().lower())
    for value in values(attributes, "fmtp"):
        told, _, text = value.partition(" ")
        pairs = (part.strip().partition("=") for part in text.split(";"))
        formats[number(told, 127)] = {key.lower(): given.lower() for key, _, given in pairs}
    repairs: dict[int, int] = {}
    for pt, name in names.items():
        repaired = formats.get(pt, {}).get("apt", "")
        if name == "rtx/90000" and repaired:
            repairs.setdefault(number(repaired, 127), pt)
    chosen: dict[Codec, PayloadType] = {}
    for pt, name in names.items():
        codec = _codec(name, formats.get(pt, {}))
        if codec is not None:
            clock_hz = 48_000 if codec in (Codec.OPUS, Codec.RED) else 90_000
            chosen.setdefault(codec, PayloadType(pt, codec, clock_hz, repairs.get(pt)))
    return tuple(chosen.values())


def _codec(name: str, parameters: dict[str, str]) -> Codec | None:
    if name == "opus/48000/2":
        return Codec.OPUS
    if name == "red/48000/2":
        return Codec.RED
    if name == "vp8/90000":
        return Codec.VP8
    if name == "h264/90000" and parameters.get("packetization-mode") == "1":
        return Codec.H264 if parameters.get("profile-level-id", "").startswith("42e0") else None
    return None


def _feedback(attributes: Attributes) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for value in values(attributes, "rtcp-fb"):
        pt, _, kind = value.partition(" ")
        if pt != "*":
            found.setdefault(number(pt, 127), set()).add(kind.strip())
    return {pt: frozenset(kinds) for pt, kinds in found.items()}


def _extensions(attributes: Attributes) -> dict[str, int]:
    """Ids of the header extensions we speak; the one-byte form has ids 1..14 (RFC 8285, section 4.2)."""
    found: dict[str, int] = {}
    for value in values(attributes, "extmap"):
        element, _, uri = value.partition(" ")
        uri = uri.split(" ")[0]
        if uri in EXTENSIONS:
            one = number(element.split("/")[0], 14)
            if one < 1 or one in found.values():
                raise OfferRefused("offer_malformed", "a header extension id is 0 or used twice")
            found.setdefault(uri, one)
    return found


def _rids(attributes: Attributes) -> tuple[Layer, ...]:
    """Layers offered by `a=rid` and `a=simulcast:send` (RFC 8851, RFC 8853), in our order."""
    sent = {words[0] for value in values(attributes, "rid") if (words := value.split())[1:2] == ["send"]}
    if not sent:
        return ()
    listed = [value[5:] for value in values(attributes, "simulcast") if value.startswith("send ")]
    wanted = {one.lstrip("~") for value in listed for group in value.split(";") for one in group.split(",")[:1]}
    if not sent <= set(LAYERS) or sent != wanted:
        raise OfferRefused("offer_shape", "simulcast layers other than q, h and f")
    return tuple(layer for layer in LAYERS if layer in sent)


def _ssrcs(attributes: Attributes) -> tuple[int | None, int | None]:
    """The media SSRC and its repair stream: from the FID group, else the first `a=ssrc` (RFC 5576)."""
    for value in values(attributes, "ssrc-group"):
        kind, _, numbers = value.partition(" ")
        pair = numbers.split()
        if kind == "FID" and len(pair) == 2:
            return number(pair[0], 0xFFFFFFFF), number(pair[1], 0xFFFFFFFF)
    for value in values(attributes, "ssrc"):
        return number(value.partition(" ")[0], 0xFFFFFFFF), None
    return None, None
