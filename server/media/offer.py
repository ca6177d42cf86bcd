"""The SDP offer of a participant, read and checked against the one shape this system uses.

Every offer has the send lines of `signaling.messages.SEND_LINES`, unless its sender only watches, and SLOTS pairs of
receive lines, bundled, with rtcp-mux, and the client as DTLS client (docs/media.md); a data channel may come last. What
differs is refused with a stable code; candidates are not looked at, because an ICE-lite server never sends to an
address that a client names (RFC 8445, section 2.5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from server.media.channel import Channel, read_channel
from server.media.dtls import Fingerprint
from server.media.offered_line import MID_URI, RID_URI, OfferedLine, read_line
from server.media.plane import Codec, Kind
from server.media.sdp import MAX_OFFER_BYTES, TOKEN, Attributes, OfferRefused, sections_of, values
from signaling.messages import SEND_LINES, SLOTS, Source

__all__ = ["AUDIO_SOURCES", "MAX_OFFER_BYTES", "Offer", "OfferRefused", "parse_offer"]

MAX_FINGERPRINTS = 4
AUDIO_SOURCES: tuple[Source, ...] = ("microphone", "low_speech", "media_sound")

_DIGEST_BYTES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_ICE_CHARACTERS = re.compile(r"[A-Za-z0-9+/]+")
_HEX_PAIRS = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2})*")


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
    session, sections = sections_of(sdp)
    channel = read_channel(*sections[-1]) if sections else None
    if channel is not None and not TOKEN.fullmatch(channel.mid):
        raise OfferRefused("offer_shape", "a channel has no mid")
    whole, sections = sections, sections if channel is None else sections[:-1]
    lines = tuple(read_line(head, attributes) for head, attributes in sections)
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


def _check_shape(lines: Sequence[OfferedLine]) -> None:
    sends = [Kind.AUDIO if source in AUDIO_SOURCES else Kind.VIDEO for source in SEND_LINES]
    sending = [(kind, "sendonly") for kind in sends]
    receiving = [(kind, "recvonly") for _ in range(SLOTS) for kind in (Kind.AUDIO, Kind.VIDEO)]
    if [(line.kind, line.direction) for line in lines] not in (sending + receiving, receiving):
        raise OfferRefused("offer_shape", f"not {len(sends)} send lines and {SLOTS} pairs of receive lines")
    if len({line.mid for line in lines}) != len(lines):
        raise OfferRefused("offer_shape", "a mid is used twice")
    for line in lines:
        codecs = {one.codec for one in line.codecs} - {Codec.RED}
        if not codecs or codecs & {Codec.OPUS} != (codecs if line.kind is Kind.AUDIO else set()):
            raise OfferRefused("offer_codec", "a line has no codec we speak (Opus; H.264 42e01f mode 1, VP8)")
        if line.rids and (line.kind is Kind.AUDIO or MID_URI not in line.extensions or RID_URI not in line.extensions):
            raise OfferRefused("offer_shape", "simulcast needs the mid and rtp-stream-id header extensions")
        if line.direction == "sendonly" and not line.rids and line.ssrc is None and MID_URI not in line.extensions:
            raise OfferRefused("offer_shape", "a send line has neither an SSRC nor the mid header extension")


def _check_bundle(session: Attributes, sections: list[tuple[str, Attributes]], mids: list[str]) -> None:
    groups = [value.split()[1:] for value in values(session, "group") if value.startswith("BUNDLE ")]
    if groups != [mids] or len(set(mids)) != len(mids):
        raise OfferRefused("offer_shape", "not all m-sections are in one bundle")
    if any(("rtcp-mux", "") not in attributes for head, attributes in sections if not head.startswith("application")):
        raise OfferRefused("offer_shape", "an m-section has no rtcp-mux")
    setups = {value for _, attributes in sections for value in values(attributes, "setup")}
    if not (setups or set(values(session, "setup"))) <= {"actpass", "active"}:
        raise OfferRefused("offer_setup", "the client must be able to be the DTLS client")


def _ice_ufrag(transport: Attributes) -> str:
    fragments, passwords = values(transport, "ice-ufrag"), values(transport, "ice-pwd")
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
    for value in values(transport, "fingerprint"):
        algorithm, _, digest = value.partition(" ")
        one = Fingerprint(algorithm.lower(), digest.strip().upper())
        size = _DIGEST_BYTES.get(one.algorithm)
        if size is None or len(one.value) != 3 * size - 1 or not _HEX_PAIRS.fullmatch(one.value):
            raise OfferRefused("offer_fingerprint", "a fingerprint that is malformed or weaker than SHA-256")
        found.append(one)
    if not any(one.algorithm == "sha-256" for one in found) or len(found) > MAX_FINGERPRINTS:
        raise OfferRefused("offer_fingerprint", "no SHA-256 fingerprint")
    return tuple(found)
