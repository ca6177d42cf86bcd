"""SDP: real offers of Chromium and aiortc, the fixed answer, and everything that must be refused."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription

from server.media.answer import AnswerTransport, SlotStreams, write_answer
from server.media.dtls import Fingerprint
from server.media.ice_lite import Credentials
from server.media.offer import OfferRefused, parse_offer
from server.media.plane import Codec, Kind
from signaling.messages import SEND_LINES, SLOTS

OFFERS = {path.stem: path.read_bytes().decode() for path in sorted((Path(__file__).parent / "offers").glob("*.sdp"))}
CHROMIUM, AIORTC = OFFERS["chromium"], OFFERS["aiortc"]
TRANSPORT = AnswerTransport(
    Credentials("abcdefgh", "0123456789abcdefghijklmn"),
    Fingerprint("sha-256", ":".join(["AB"] * 32)),
    ("192.0.2.1", "2001:db8::1"),
    8444,
)


def answer(sdp: str, preferred: tuple[Codec, ...] = (Codec.H264, Codec.VP8)) -> str:
    offer = parse_offer(sdp)
    streams = [SlotStreams(1000 + at, 2000 + at if at % 2 else 0) for at in range(2 * SLOTS)]
    return write_answer(offer, TRANSPORT, streams, session_id=7, cname="c", preferred=preferred, start_kbps=1500)


def section(sdp: str, at: int) -> list[str]:
    return sdp.split("\r\nm=")[at + 1].split("\r\n")


@pytest.mark.parametrize("name", list(OFFERS))
def test_real_offers_have_the_shape(name: str) -> None:
    offer = parse_offer(OFFERS[name])
    assert len(offer.lines) == len(SEND_LINES) + 2 * SLOTS
    assert {one.codec for one in offer.lines[0].codecs} - {Codec.RED} == {Codec.OPUS}
    assert {one.codec for one in offer.lines[3].codecs} == {Codec.H264, Codec.VP8}
    assert all(one.rtx_pt is not None for one in offer.lines[3].codecs)
    assert offer.fingerprints[0].algorithm == "sha-256"


def test_who_only_watches_has_no_send_lines_and_is_answered_slots_alone() -> None:
    head, *sections = CHROMIUM.split("\r\nm=")
    mids = [re.search(r"a=mid:(\S+)", one)[1] for one in sections]  # type: ignore[index]
    kept = 2 * SLOTS
    watching = re.sub("a=group:BUNDLE .*", "a=group:BUNDLE " + " ".join(mids[-kept:]), head)
    sdp = "\r\nm=".join([watching.replace("\r", ""), *sections[-kept:]])
    offer = parse_offer(sdp)
    assert (offer.sent, len(offer.received)) == ((), kept)
    told = SessionDescription.parse(answer(sdp))
    assert [media.direction for media in told.media] == ["sendonly"] * kept
    assert [media.msid for media in told.media][:2] == ["s0 s0a", "s0 s0v"]


def test_some_send_lines_are_neither_all_nor_none() -> None:
    head, *sections = CHROMIUM.split("\r\nm=")
    with pytest.raises(OfferRefused):
        parse_offer("\r\nm=".join([head, *sections[1:]]))


def test_chromiums_simulcast_and_aiortcs_ssrcs_are_read() -> None:
    chromium, aiortc = parse_offer(CHROMIUM), parse_offer(AIORTC)
    assert [line.rids for line in chromium.lines[:6]] == [(), (), (), ("q", "h", "f"), ("q", "h", "f"), ()]
    assert chromium.lines[3].ssrc is None
    assert chromium.lines[5].ssrc is not None
    assert chromium.lines[5].rtx_ssrc is not None
    assert all(line.ssrc is not None for line in aiortc.lines[:6])
    assert all((line.rtx_ssrc is not None) == (line.kind is Kind.VIDEO) for line in aiortc.lines[:6])


def test_h264_is_the_constrained_baseline_with_packetization_mode_1() -> None:
    sdp = OFFERS["chromium-all-codecs"]
    (h264,) = [one for one in parse_offer(sdp).lines[3].codecs if one.codec is Codec.H264]
    (form,) = re.findall(rf"a=fmtp:{h264.pt} (.*42e01f.*)\r\n", section_text(sdp, 3))
    assert "packetization-mode=1" in form
    assert f"a=fmtp:{h264.rtx_pt} apt={h264.pt}" in sdp


def section_text(sdp: str, at: int) -> str:
    return "\r\n".join(section(sdp, at)) + "\r\n"


@pytest.mark.parametrize("name", list(OFFERS))
def test_the_answer_has_the_offers_lines_and_only_what_the_plane_handles(name: str) -> None:
    text = answer(OFFERS[name])
    parsed = SessionDescription.parse(text)
    offered = SessionDescription.parse(OFFERS[name])
    assert [(m.kind, m.rtp.muxId) for m in parsed.media] == [(m.kind, m.rtp.muxId) for m in offered.media]
    assert [m.direction for m in parsed.media] == ["recvonly"] * len(SEND_LINES) + ["sendonly"] * 2 * SLOTS
    assert parsed.media[0].dtls.role == "server"
    assert parsed.media[0].ice.iceLite
    feedback = {
        f"{one.type} {one.parameter or ''}".strip()
        for m in parsed.media
        for c in m.rtp.codecs
        for one in c.rtcpFeedback
    }
    assert feedback <= {"goog-remb", "ccm fir", "nack", "nack pli", "transport-cc"}
    assert len(text) < 16_000


def test_candidates_stand_in_the_first_and_the_last_section_udp_before_tcp() -> None:
    media = SessionDescription.parse(answer(AIORTC)).media
    assert [bool(m.ice_candidates) for m in media] == [True, *[False] * (len(media) - 2), True]
    for end in (media[0], media[-1]):
        ordered = sorted(end.ice_candidates, key=lambda one: -one.priority)
        assert [(one.protocol, one.ip, one.port, one.tcpType) for one in ordered] == [
            ("udp", "192.0.2.1", 8444, None),
            ("udp", "2001:db8::1", 8444, None),
            ("tcp", "192.0.2.1", 8444, "passive"),
            ("tcp", "2001:db8::1", 8444, "passive"),
        ]
        assert end.ice_candidates_complete


def test_the_first_payload_type_is_the_preferred_codec_in_every_video_line() -> None:
    for preferred, first in (((Codec.H264, Codec.VP8), "H264"), ((Codec.VP8, Codec.H264), "VP8")):
        for media in SessionDescription.parse(answer(CHROMIUM, preferred)).media:
            if media.kind == "video":
                assert media.rtp.codecs[0].name == first
                assert {codec.name for codec in media.rtp.codecs} == {"H264", "VP8", "rtx"}


def test_each_slot_has_its_streams_and_one_stream_id_for_sound_and_picture() -> None:
    text = answer(CHROMIUM)
    for slot in range(SLOTS):
        audio, video = (section(text, len(SEND_LINES) + 2 * slot + at) for at in (0, 1))
        assert f"a=msid:s{slot} s{slot}a" in audio
        assert f"a=msid:s{slot} s{slot}v" in video
        assert f"a=ssrc:{1000 + 2 * slot} cname:c" in audio
        assert f"a=ssrc-group:FID {1001 + 2 * slot} {2001 + 2 * slot}" in video
        assert any("transport-wide-cc" in row for row in video)
        assert any("transport-wide-cc" in row for row in audio)
        assert not any("sdes:mid" in row for row in video)


def test_what_a_client_sends_is_told_of_by_remb_and_what_it_receives_packet_by_packet() -> None:
    text = answer(CHROMIUM)
    assert not any("transport" in row for at in range(len(SEND_LINES)) for row in section(text, at))
    assert "a=rtcp-fb:111 transport-cc" in section(text, len(SEND_LINES))
    assert "transport" not in answer(AIORTC)
    assert any("abs-send-time" in row for row in section(answer(AIORTC), len(SEND_LINES) + 1))


def test_redundant_sound_is_agreed_on_with_whoever_speaks_it_after_the_plain_one() -> None:
    text = answer(OFFERS["chromium-all-codecs"])
    for at in (0, len(SEND_LINES)):
        assert section(text, at)[0].endswith(" 111 63")
        assert "a=fmtp:63 111/111" in section(text, at)
    assert "red/" not in answer(AIORTC)


def test_simulcast_is_received_as_offered_and_the_bandwidth_starts_high() -> None:
    camera = section(answer(CHROMIUM), 3)
    assert [row for row in camera if "rid:" in row] == ["a=rid:q recv", "a=rid:h recv", "a=rid:f recv"]
    assert "a=simulcast:recv q;h;f" in camera
    assert sum("x-google-start-bitrate=1500" in row for row in camera) == 2
    assert not any("simulcast" in row for row in section(answer(AIORTC), 3))


def test_low_speech_is_asked_for_in_long_packets_at_16_kbit() -> None:
    low = section(answer(CHROMIUM), 1)
    assert "a=fmtp:111 minptime=10;useinbandfec=1;maxaveragebitrate=16000" in low
    assert "a=ptime:60" in low
    assert "a=fmtp:111 minptime=10;useinbandfec=1" in section(answer(CHROMIUM), 0)


# --- refusals ---


def without(sdp: str, pattern: str) -> str:
    return re.sub(rf"a={pattern}[^\r\n]*\r\n", "", sdp)


def replaced(sdp: str, pattern: str, by: str) -> str:
    changed = re.sub(pattern, by, sdp)
    assert changed != sdp
    return changed


SHA1 = "a=fingerprint:sha-1 " + ":".join(["AB"] * 20)
MANY = CHROMIUM + CHROMIUM[CHROMIUM.index("m=audio") :].replace("a=mid:", "a=mid:x")


@pytest.mark.parametrize(
    ("sdp", "code"),
    [
        ("", "offer_malformed"),
        ("hello", "offer_malformed"),
        ("v=0\r\n", "offer_shape"),
        ("v=0\r\n" + "a=x\r\n" * 10_000, "offer_malformed"),
        (CHROMIUM + "a=" + "x" * 262_144, "offer_too_large"),
        (MANY, "offer_shape"),
        (CHROMIUM[: CHROMIUM.rindex("m=video")], "offer_shape"),
        (without(CHROMIUM, "fingerprint"), "offer_fingerprint"),
        (replaced(CHROMIUM, "a=fingerprint:[^\r\n]*", SHA1), "offer_fingerprint"),
        (CHROMIUM.replace("a=fingerprint:", SHA1 + "\r\na=fingerprint:"), "offer_fingerprint"),
        (replaced(CHROMIUM, "sha-256 ..:", "sha-256 "), "offer_fingerprint"),
        (replaced(CHROMIUM, "sha-256 ..", "sha-256 GG"), "offer_fingerprint"),
        (without(CHROMIUM, "ice-ufrag"), "offer_ice"),
        (without(CHROMIUM, "ice-pwd"), "offer_ice"),
        (replaced(CHROMIUM, "ice-ufrag:[^\r\n]*", "ice-ufrag:ab"), "offer_ice"),
        (replaced(CHROMIUM, "ice-ufrag:[^\r\n]*", "ice-ufrag:" + "a" * 300), "offer_ice"),
        (replaced(CHROMIUM, "ice-ufrag:[^\r\n]*", "ice-ufrag:a b:c"), "offer_ice"),
        (replaced(CHROMIUM, "setup:actpass", "setup:passive"), "offer_setup"),
        (without(CHROMIUM, "rtcp-mux"), "offer_shape"),
        (without(CHROMIUM, "group"), "offer_shape"),
        (replaced(CHROMIUM, "BUNDLE 0 ", "BUNDLE "), "offer_shape"),
        (replaced(CHROMIUM, "a=mid:1\r", "a=mid:0\r"), "offer_shape"),
        (without(CHROMIUM, "mid:3"), "offer_shape"),
        (replaced(CHROMIUM, "a=sendonly", "a=sendrecv"), "offer_shape"),
        (replaced(CHROMIUM, "a=recvonly", "a=inactive"), "offer_shape"),
        (replaced(CHROMIUM, "UDP/TLS/RTP/SAVPF", "RTP/AVP"), "offer_shape"),
        (replaced(CHROMIUM, "a=rtpmap:111 opus", "a=rtpmap:111 speex"), "offer_codec"),
        (replaced(replaced(CHROMIUM, "VP8/90000", "VP9/90000"), "42e01f", "640c1f"), "offer_codec"),
        (replaced(CHROMIUM, "a=rtpmap:96 ", "a=rtpmap:96000 "), "offer_malformed"),
        (replaced(CHROMIUM, "a=rtpmap:96 ", "a=rtpmap:-1 "), "offer_malformed"),
        (replaced(CHROMIUM, "a=extmap:4 ", "a=extmap:0 "), "offer_malformed"),
        (replaced(CHROMIUM, "a=extmap:10 ", "a=extmap:4 "), "offer_malformed"),
        (replaced(CHROMIUM, "a=ssrc:[0-9]+", "a=ssrc:99999999999"), "offer_malformed"),
        (replaced(CHROMIUM, "rid:q send", "rid:x send"), "offer_shape"),
        (without(CHROMIUM, "simulcast"), "offer_shape"),
        (without(CHROMIUM, "extmap:10"), "offer_shape"),
    ],
)
def test_what_is_not_our_offer_is_refused_with_a_code(sdp: str, code: str) -> None:
    with pytest.raises(OfferRefused) as refused:
        parse_offer(sdp)
    assert refused.value.code == code


CHANNEL = (
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:18\r\na=setup:actpass\r\n"
    "a=sctp-port:5000\r\na=max-message-size:262144\r\n"
)


def with_channel(sdp: str, channel: str = CHANNEL) -> str:
    """The offer with a data channel after all media."""
    return re.sub(r"(a=group:BUNDLE[^\r]*)", r"\1 18", sdp) + channel


def test_a_data_channel_after_all_media_is_answered_in_the_bundle() -> None:
    last = answer(with_channel(CHROMIUM)).split("m=")[-1].split("\r\n")
    assert last[0] == "application 8444 UDP/DTLS/SCTP webrtc-datachannel"
    assert {"a=mid:18", "a=sctp-port:5000", "a=setup:passive", "a=ice-ufrag:abcdefgh"} <= set(last)
    assert SessionDescription.parse(answer(with_channel(CHROMIUM))).group[0].items[-1] == "18"


@pytest.mark.parametrize(
    "channel",
    [
        CHANNEL.replace("a=mid:18\r\n", ""),
        CHANNEL.replace("a=mid:18", "a=mid:0"),
        CHANNEL.replace("a=mid:18", "a=mid:1 8"),
        CHANNEL.replace("sctp-port:5000", "sctp-port:0"),
        CHANNEL.replace("sctp-port:5000", "sctp-port:70000"),
        CHANNEL.replace("UDP/DTLS/SCTP", "DTLS/SCTP"),
        CHANNEL + CHANNEL,
    ],
)
def test_a_data_channel_of_another_shape_is_refused(channel: str) -> None:
    with pytest.raises(OfferRefused) as refused:
        parse_offer(with_channel(CHROMIUM, channel))
    assert refused.value.code == "offer_shape"


def mutated(sdp: str, chance: random.Random) -> str:
    """The offer with a few lines lost, doubled, moved, cut, or filled with other characters."""
    rows = sdp.split("\r\n")
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(rows))
        match chance.randrange(7):
            case 0:
                del rows[at]
            case 1:
                rows.insert(at, rows[chance.randrange(len(rows))])
            case 2:
                rows[at] = rows[at][: chance.randrange(len(rows[at]) + 1)]
            case 3:
                spot = chance.randrange(len(rows[at]) + 1)
                rows[at] = rows[at][:spot] + chr(chance.choice((0, 9, 32, 58, 0x660, 0x4E00, 0xD7FF))) + rows[at][spot:]
            case 4:
                rows[at] = re.sub(r"\d+", str(chance.choice((0, -1, 15, 128, 1 << 32, 10**30))), rows[at])
            case 5:
                rows[at] = rows[at].replace(" ", chance.choice(("", "  ", ":", ";")))
            case _:
                rows = rows[: at + 1]
        rows = rows or [""]
    return chance.choice(("\r\n", "\n", "\r\n")).join(rows)


def test_mangled_offers_are_answered_or_refused_and_nothing_else() -> None:
    chance = random.Random(7)
    answered = refused = 0
    for n in range(1_500):
        sdp = mutated((CHROMIUM, AIORTC)[n % 2], chance)
        try:
            answer(sdp)
            answered += 1
        except OfferRefused:
            refused += 1
    assert answered > 20
    assert refused > 200
