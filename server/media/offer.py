"""The SDP offer of a participant, read and checked against the one shape this system uses.

Every offer has the send lines of `signaling.messages.SEND_LINES`, unless its sender only watches, and SLOTS pairs of
receive lines, bundled, with rtcp-mux, and the client as DTLS client (docs/media.md); a data channel may come last. What
differs is refused with a stable code; candidates are not looked at, because an ICE-lite server never sends to an
address that a client names (RFC 8445, section 2.5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, get_args

from msgspec import Struct

from server.media.channel import Channel, read_channel
from server.media.dtls import Fingerprint
from server.media.plane import Codec, Kind, PayloadType
from signaling.messages import SEND_LINES, SLOTS, Layer, Source

MAX_OFFER_BYTES = 262_144
MAX_LINES = 6_000
MAX_SECTIONS = 24
MAX_FINGERPRINTS = 4
LAYERS: tuple[Layer, ...] = get_args(Layer)
AUDIO_CODECS = (Codec.OPUS, Codec.RED)
AUDIO_SOURCES: tuple[Source, ...] = ("microphone", "low_speech", "media_sound")

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
ABS_SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_SEQUENCE_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
EXTENSIONS = (MID_URI, RID_URI, REPAIRED_RID_URI, ABS_SEND_TIME_URI, AUDIO_LEVEL_URI, TRANSPORT_SEQUENCE_URI)
TRANSPORT_FEEDBACK = "transport-cc"

RefusalCode = Literal[
    "offer_too_large",
    "offer_malformed",
    "offer_shape",
    "offer_fingerprint",
    "offer_ice",
    "offer_setup",
    "offer_codec",
    "offer_sends",
]
_DIGEST_BYTES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_TOKEN = re.compile(r"[A-Za-z0-9+/_.:-]{1,64}")
_ICE_CHARACTERS = re.compile(r"[A-Za-z0-9+/]+")
_HEX_PAIRS = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2})*")


class OfferRefused(Exception):
    """The offer cannot be answered. `code` is stable; `detail` is for the log and the developer."""

    def __init__(self, code: RefusalCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


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


class Offer(Struct, frozen=True):
    """A whole offer: SEND_LINES or none of them, then SLOTS pairs of audio and video, perhaps a channel."""

    ufrag: str
    fingerprints: tuple[Fingerprint, ...]
    mixed_extensions: bool
    lines: tuple[OfferedLine, ...]
    channel: Channel | None = None

    @property
    def sent(self) -> tuple[OfferedLine, ...]:
        """The send lines; none in the offer of who only watches."""
        return self.lines[: -2 * SLOTS]

    @property
    def received(self) -> tuple[OfferedLine, ...]:
        """The receive lines of the slots, audio and video in turn."""
        return self.lines[-2 * SLOTS :]

    @property
    def mids(self) -> list[str]:
        """Of all m-sections, in order."""
        return [line.mid for line in self.lines] + ([] if self.channel is None else [self.channel.mid])


def parse_offer(sdp: str) -> Offer:
    """Reads an offer.

    Raises:
        OfferRefused: it is not one that this server answers; nothing has been kept of it.
    """
    if len(sdp) > MAX_OFFER_BYTES:
        raise OfferRefused("offer_too_large", f"more than {MAX_OFFER_BYTES} bytes")
    session, sections = _sections(sdp)
    channel = read_channel(*sections[-1]) if sections else None
    if channel is not None and not _TOKEN.fullmatch(channel.mid):
        raise OfferRefused("offer_shape", "a channel has no mid")
    whole, sections = sections, sections if channel is None else sections[:-1]
    lines = tuple(_line(head, attributes) for head, attributes in sections)
    _check_shape(lines)
    transport = [*session, *sections[0][1]]
    offer = Offer(
        ufrag=_ice_ufrag(transport),
        fingerprints=_fingerprints(transport),
        mixed_extensions=("extmap-allow-mixed", "") in session,
        lines=lines,
        channel=channel,
    )
    _check_bundle(session, whole, offer.mids)
    return offer


Attributes = list[tuple[str, str]]


def _sections(sdp: str) -> tuple[Attributes, list[tuple[str, Attributes]]]:
    """Session attributes, and each m-line with its attributes, as (name, value) pairs."""
    rows = sdp.splitlines()
    if not rows or rows[0].strip() != "v=0" or len(rows) > MAX_LINES:
        raise OfferRefused("offer_malformed", "does not begin with v=0, or has too many lines")
    session: Attributes = []
    sections: list[tuple[str, Attributes]] = []
    for row in rows:
        if row.startswith("m="):
            sections.append((row[2:], []))
            if len(sections) > MAX_SECTIONS:
                raise OfferRefused("offer_shape", f"more than {MAX_SECTIONS} m-sections")
        elif row.startswith("a="):
            name, _, value = row[2:].strip().partition(":")
            (sections[-1][1] if sections else session).append((name, value))
    return session, sections


def _values(attributes: Attributes, wanted: str) -> list[str]:
    return [value for name, value in attributes if name == wanted]


def _number(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > most:
        raise OfferRefused("offer_malformed", "a number is missing or out of range")
    return int(text)


def _line(head: str, attributes: Attributes) -> OfferedLine:
    media, _, rest = head.partition(" ")
    if media not in ("audio", "video") or "UDP/TLS/RTP/SAVPF" not in rest:
        raise OfferRefused("offer_shape", "an m-section is neither audio nor video over DTLS-SRTP")
    mids = _values(attributes, "mid")
    if len(mids) != 1 or not _TOKEN.fullmatch(mids[0]):
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
    for value in _values(attributes, "rtpmap"):
        number, _, name = value.partition(" ")
        names.setdefault(_number(number, 127), name.strip().lower())
    for value in _values(attributes, "fmtp"):
        number, _, text = value.partition(" ")
        pairs = (part.strip().partition("=") for part in text.split(";"))
        formats[_number(number, 127)] = {key.lower(): given.lower() for key, _, given in pairs}
    repairs: dict[int, int] = {}
    for pt, name in names.items():
        repaired = formats.get(pt, {}).get("apt", "")
        if name == "rtx/90000" and repaired:
            repairs.setdefault(_number(repaired, 127), pt)
    chosen: dict[Codec, PayloadType] = {}
    for pt, name in names.items():
        codec = _codec(name, formats.get(pt, {}))
        if codec is not None:
            clock_hz = 48_000 if codec is Codec.OPUS else 90_000
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
    for value in _values(attributes, "rtcp-fb"):
        pt, _, kind = value.partition(" ")
        if pt != "*":
            found.setdefault(_number(pt, 127), set()).add(kind.strip())
    return {pt: frozenset(kinds) for pt, kinds in found.items()}


def _extensions(attributes: Attributes) -> dict[str, int]:
    """Ids of the header extensions we speak; the one-byte form has ids 1..14 (RFC 8285, section 4.2)."""
    found: dict[str, int] = {}
    for value in _values(attributes, "extmap"):
        number, _, uri = value.partition(" ")
        uri = uri.split(" ")[0]
        if uri in EXTENSIONS:
            element = _number(number.split("/")[0], 14)
            if element < 1 or element in found.values():
                raise OfferRefused("offer_malformed", "a header extension id is 0 or used twice")
            found.setdefault(uri, element)
    return found


def _rids(attributes: Attributes) -> tuple[Layer, ...]:
    """Layers offered by `a=rid` and `a=simulcast:send` (RFC 8851, RFC 8853), in our order."""
    sent = {words[0] for value in _values(attributes, "rid") if (words := value.split())[1:2] == ["send"]}
    if not sent:
        return ()
    listed = [value[5:] for value in _values(attributes, "simulcast") if value.startswith("send ")]
    wanted = {one.lstrip("~") for value in listed for group in value.split(";") for one in group.split(",")[:1]}
    if not sent <= set(LAYERS) or sent != wanted:
        raise OfferRefused("offer_shape", "simulcast layers other than q, h and f")
    return tuple(layer for layer in LAYERS if layer in sent)


def _ssrcs(attributes: Attributes) -> tuple[int | None, int | None]:
    """The media SSRC and its repair stream: from the FID group, else the first `a=ssrc` (RFC 5576)."""
    for value in _values(attributes, "ssrc-group"):
        kind, _, numbers = value.partition(" ")
        pair = numbers.split()
        if kind == "FID" and len(pair) == 2:
            return _number(pair[0], 0xFFFFFFFF), _number(pair[1], 0xFFFFFFFF)
    for value in _values(attributes, "ssrc"):
        return _number(value.partition(" ")[0], 0xFFFFFFFF), None
    return None, None


def _check_shape(lines: Sequence[OfferedLine]) -> None:
    sends = [Kind.AUDIO if source in AUDIO_SOURCES else Kind.VIDEO for source in SEND_LINES]
    sending = [(kind, "sendonly") for kind in sends]
    receiving = [(kind, "recvonly") for _ in range(SLOTS) for kind in (Kind.AUDIO, Kind.VIDEO)]
    if [(line.kind, line.direction) for line in lines] not in (sending + receiving, receiving):
        raise OfferRefused("offer_shape", f"not {len(sends)} send lines and {SLOTS} pairs of receive lines")
    if len({line.mid for line in lines}) != len(lines):
        raise OfferRefused("offer_shape", "a mid is used twice")
    for line in lines:
        if not line.codecs or any((one.codec in AUDIO_CODECS) != (line.kind is Kind.AUDIO) for one in line.codecs):
            raise OfferRefused("offer_codec", "a line has no codec we speak (Opus; H.264 42e01f mode 1, VP8)")
        if line.rids and (line.kind is Kind.AUDIO or MID_URI not in line.extensions or RID_URI not in line.extensions):
            raise OfferRefused("offer_shape", "simulcast needs the mid and rtp-stream-id header extensions")
        if line.direction == "sendonly" and not line.rids and line.ssrc is None and MID_URI not in line.extensions:
            raise OfferRefused("offer_shape", "a send line has neither an SSRC nor the mid header extension")


def _check_bundle(session: Attributes, sections: list[tuple[str, Attributes]], mids: list[str]) -> None:
    groups = [value.split()[1:] for value in _values(session, "group") if value.startswith("BUNDLE ")]
    if groups != [mids] or len(set(mids)) != len(mids):
        raise OfferRefused("offer_shape", "not all m-sections are in one bundle")
    if any(("rtcp-mux", "") not in attributes for head, attributes in sections if not head.startswith("application")):
        raise OfferRefused("offer_shape", "an m-section has no rtcp-mux")
    setups = {value for _, attributes in sections for value in _values(attributes, "setup")}
    if not (setups or set(_values(session, "setup"))) <= {"actpass", "active"}:
        raise OfferRefused("offer_setup", "the client must be able to be the DTLS client")


def _ice_ufrag(transport: Attributes) -> str:
    fragments, passwords = _values(transport, "ice-ufrag"), _values(transport, "ice-pwd")
    if not fragments or not passwords:
        raise OfferRefused("offer_ice", "no ICE credentials")
    fragment, password = fragments[-1], passwords[-1]
    if not (4 <= len(fragment) <= 256 and 22 <= len(password) <= 256):
        raise OfferRefused("offer_ice", "ICE credentials too short or too long (RFC 8839, section 5.4)")
    if not (_ICE_CHARACTERS.fullmatch(fragment) and _ICE_CHARACTERS.fullmatch(password)):
        raise OfferRefused("offer_ice", "ICE credentials with other characters than RFC 8839 allows")
    return fragment


def _fingerprints(transport: Attributes) -> tuple[Fingerprint, ...]:
    """All of them, of which one must be SHA-256 and none weaker (RFC 8122, section 5)."""
    found = []
    for value in _values(transport, "fingerprint"):
        algorithm, _, digest = value.partition(" ")
        one = Fingerprint(algorithm.lower(), digest.strip().upper())
        size = _DIGEST_BYTES.get(one.algorithm)
        if size is None or len(one.value) != 3 * size - 1 or not _HEX_PAIRS.fullmatch(one.value):
            raise OfferRefused("offer_fingerprint", "a fingerprint that is malformed or weaker than SHA-256")
        found.append(one)
    if not any(one.algorithm == "sha-256" for one in found) or len(found) > MAX_FINGERPRINTS:
        raise OfferRefused("offer_fingerprint", "no SHA-256 fingerprint")
    return tuple(found)
