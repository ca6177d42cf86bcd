"""What aiortc's receivers are given of sound on a line that loses: no hole holds up what follows it."""

from __future__ import annotations

import struct
from itertools import pairwise

import av
import numpy as np
import pytest
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket

from classroom_client.redundancy import RED_TYPE
from classroom_client.unbroken import PATIENCE, Unbroken, empty_like, ticks_of
from classroom_client.voice import FULL, LOW, RATE_HZ, SMALL, THIN, THINNEST, Speech, VoiceEncoder
from server.media.red import redundant

OPUS = 96
FIRST, AT = 65_500, 0xFFFF0000


def spoken(speech: Speech, packets: int) -> list[bytes]:
    """A tone, encoded."""
    encoder, made = VoiceEncoder(lambda: speech), []
    sound = (8000 * np.sin(np.arange(speech.samples * (packets + 1)) * 2 * np.pi * 440 / RATE_HZ)).astype(np.int16)
    for at in range(0, sound.size, speech.samples):
        frame = av.AudioFrame.from_ndarray(sound[None, at : at + speech.samples], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        made += [bytes(packet) for packet in encoder.encode(frame, at / RATE_HZ)]
    return made[:packets]


def whole(at: int, payload: bytes, ticks: int, payload_type: int = OPUS) -> bytes:
    head = struct.pack(
        "!BBHII", 0x90, payload_type, FIRST + at & 0xFFFF, AT + at * ticks & 0xFFFFFFFF, 7
    )  # with a transport-wide number
    return head + b"\xbe\xde\x00\x01\x51\x00\x07\x00" + payload


def repeated(payloads: list[bytes], at: int, ticks: int, back: tuple[int, ...]) -> bytes:
    packets = [(n, AT + n * ticks & 0xFFFFFFFF, OPUS, payload) for n, payload in enumerate(payloads)]
    payload = redundant(packets[at], [packets[at - each] for each in back if at >= each], OPUS)
    return whole(at, payload, ticks, RED_TYPE)


def given_on(packets: list[bytes]) -> list[list[int]]:
    """For each packet that comes, what aiortc's buffer lets out: the places of the frames."""
    unbroken, buffer, out = Unbroken(OPUS), JitterBuffer(capacity=16, prefetch=4), []
    for data in packets:
        frames = []
        for each in unbroken.packets(data):
            packet = RtpPacket.parse(each)
            assert packet.payload_type == OPUS
            packet._data = packet.payload
            _, frame = buffer.add(packet)
            frames += [] if frame is None else [frame.timestamp]
        out.append(frames)
    return out


def places(out: list[list[int]], ticks: int) -> list[int]:
    return [(timestamp - AT & 0xFFFFFFFF) // ticks for frames in out for timestamp in frames]


@pytest.mark.parametrize("speech", [FULL, SMALL, THIN, THINNEST, LOW])
def test_a_lost_packet_is_filled_and_nothing_waits_long(speech: Speech) -> None:
    payloads = spoken(speech, 100)
    lost = {30, 31, 60, 75}
    out = given_on([whole(at, payloads[at], speech.samples) for at in range(100) if at not in lost])
    assert places(out, speech.samples) == list(range(len(places(out, speech.samples))))
    assert len(places(out, speech.samples)) > 100 - 4 - 2 * PATIENCE
    silent = [at for at, frames in enumerate(out) if not frames]
    assert len(silent) < 4 + 2 * PATIENCE, (
        "it holds back a little more from the first loss on, and no more at later ones"
    )


@pytest.mark.parametrize(("back", "never_came"), [((1,), {33}), ((4, 2), set())])
def test_what_is_repeated_fills_the_hole_itself(back: tuple[int, ...], never_came: set[int]) -> None:
    payloads = spoken(FULL, 60)
    unbroken = Unbroken(OPUS)
    came = [
        each
        for at in range(60)
        if at not in (20, 33, 34)
        for each in unbroken.packets(repeated(payloads, at, FULL.samples, back))
    ]
    heard = {int.from_bytes(each[2:4], "big"): each[12:] for each in came}
    assert {at for at in range(60) if heard[FIRST + at & 0xFFFF] != payloads[at]} == never_came
    assert unbroken.mended == 3


@pytest.mark.parametrize("speech", [FULL, SMALL, THIN, THINNEST, LOW])
def test_an_empty_packet_is_concealed_for_as_long_as_the_lost_one_was(speech: Speech) -> None:
    payloads = spoken(speech, 30)
    assert {ticks_of(each) for each in payloads} == {speech.samples}
    assert ticks_of(empty_like(payloads[9])) == speech.samples
    codec = av.CodecContext.create("libopus", "r")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = RATE_HZ, "mono", "s16"
    payloads[10] = empty_like(payloads[9])
    blocks = [frame.to_ndarray() for each in payloads for frame in codec.decode(av.Packet(each))]
    assert [block.shape[-1] for block in blocks][1:] == [speech.samples] * 29
    assert np.abs(blocks[10][..., : speech.samples // 4]).max() > 2000, "the tone goes on at first"


def test_opus_packets_tell_how_long_they_are() -> None:
    assert [ticks_of(bytes([toc << 3])) for toc in (0, 3, 9, 12, 13, 16, 31)] == [480, 2880, 960, 480, 960, 120, 960]
    assert [ticks_of(bytes([31 << 3 | code, 3])) for code in range(4)] == [960, 1920, 1920, 2880]


def test_after_a_long_hole_it_begins_anew() -> None:
    payloads = spoken(FULL, 80)
    out = given_on([whole(at, payloads[at], 960) for at in range(80) if not 20 <= at < 60])
    assert [at for at in places(out, 960) if 20 <= at < 60] == []
    assert places(out, 960)[-1] > 70
    assert all(earlier < later for earlier, later in pairwise(places(out, 960)))


def test_what_is_no_sound_passes_by() -> None:
    unbroken = Unbroken(OPUS)
    for data in (b"", b"\x80\x61" + bytes(20), whole(1, b"", 960, 100)):
        assert unbroken.packets(data) == [data]
    assert unbroken.packets(whole(1, b"", 960)) == []
    assert unbroken.packets(whole(1, b"\xff", 960, RED_TYPE)) == []
