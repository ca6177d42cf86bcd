"""The footage is what its receivers take it for."""

from __future__ import annotations

import numpy as np
import pytest

from classroom_client.rehearsal import footage, sei, tone
from classroom_client.rehearsal.assemble import Assembler
from classroom_client.rehearsal.book import Book, Place, Whose
from classroom_client.rehearsal.decode import LOOKAHEAD_S, hears_its_tone, sound_of, wrong_pictures, wrong_sounds
from classroom_client.rehearsal.rtp import Packet
from classroom_client.rehearsal.speech import CELLS, LOW_CELLS, LOW_PACKETS
from classroom_client.rehearsal.watch import SAMPLE_CELLS, PictureSample, SoundSample

FIRST, SECOND = Whose(1, 1), Whose(1, 2)
STAMP = sei.FrameStamp(1, 1, 7, 7, 99)


@pytest.fixture(scope="module")
def loop() -> footage.Footage:
    return footage.encode(*FIRST)


@pytest.fixture(scope="module")
def other() -> footage.Footage:
    return footage.encode(*SECOND)


def test_a_keyframe_stands_at_every_whole_second(loop: footage.Footage) -> None:
    keyframes = [index for index, frame in enumerate(loop.frames) if frame.keyframe]
    assert keyframes == list(range(0, footage.FRAMES, footage.FPS))
    assert [footage.next_keyframe(loop.frames, after) for after in (0, 1, 20, 61)] == [0, 20, 20, 0]


def test_every_frame_and_packet_is_unlike_every_other(loop: footage.Footage, other: footage.Footage) -> None:
    book = Book([(FIRST, loop), (SECOND, other)])
    assert [book.frame(b"".join(frame.slices)) for frame in other.frames] == [
        Place(SECOND, at) for at in range(footage.FRAMES)
    ]
    assert [book.packet(packet) for packet in loop.packets] == [Place(FIRST, at) for at in range(CELLS)]
    assert [book.packet(packet) for packet in loop.low] == [
        Place(FIRST, at * LOW_CELLS % CELLS, LOW_CELLS) for at in range(LOW_PACKETS)
    ]
    assert book.packet(loop.packets[3] + b"\x00") is None


def test_payloads_fit_and_assemble_to_the_frame_with_its_stamp(loop: footage.Footage) -> None:
    assembler = Assembler()
    sequence = 65_530
    for at, frame in enumerate(loop.frames):
        payloads = footage.payloads(frame, STAMP)
        assert max(map(len, payloads)) <= footage.PAYLOAD_MAX
        units = []
        for position, payload in enumerate(payloads):
            packet = Packet(96, position == len(payloads) - 1, sequence & 0xFFFF, at * 4500, 1, payload)
            units += assembler.push(packet, at)
            sequence += 1
        (unit,) = units
        assert unit.nals == (*frame.parameters, sei.build(STAMP), *frame.slices)
        assert (unit.keyframe, unit.picture) == (frame.keyframe, b"".join(frame.slices))


def test_the_sound_is_its_own_tone_with_marks_at_whole_seconds(loop: footage.Footage) -> None:
    sound = sound_of(2 * loop.packets)
    assert hears_its_tone(sound[48_000:], FIRST)
    assert not hears_its_tone(sound[48_000:], SECOND)
    for second in range(1, 7):
        window = sound[second * 48_000 - 9_600 : second * 48_000 + 9_600]
        mark = tone.mark_at(window)
        assert mark is not None
        assert abs(mark - 0.2 - LOOKAHEAD_S) < 0.005


def test_low_speech_is_the_same_tone_at_a_third_of_the_weight(loop: footage.Footage) -> None:
    bits_per_s = sum(map(len, loop.low)) * 8 / (LOW_PACKETS * LOW_CELLS * tone.PACKET_MS / 1000)
    assert 12_000 < bits_per_s < 18_000
    assert hears_its_tone(sound_of(loop.low)[48_000:], FIRST)


def test_silence_and_noise_are_no_tone() -> None:
    noise = np.random.default_rng(1).normal(0, 0.2, 48_000).astype(np.float32)
    assert tone.strength(np.zeros(4800, np.float32), 440) == 0
    assert tone.strength(noise, 440) < 0.05
    assert tone.mark_at(np.zeros(4800, np.float32)) is None


def test_tones_of_one_lesson_differ() -> None:
    for lesson in range(40):
        assert len({tone.frequency_hz(lesson, participant) for participant in range(4)}) == 4


def test_the_decoded_sample_tells_right_from_wrong_pictures(loop: footage.Footage) -> None:
    def sample(at: int, says: Place) -> PictureSample:
        frame = loop.frames[at]
        return PictureSample(0, says, (*frame.parameters, sei.build(STAMP), *frame.slices))

    right = [sample(at, Place(FIRST, at)) for at in (0, 20, 40)]
    wrong = [sample(0, Place(SECOND, 0)), sample(20, Place(FIRST, 40))]
    broken = PictureSample(0, Place(FIRST, 0), (b"\x65\x01\x02",))
    assert [each for each, _ in wrong_pictures([*right, *wrong, broken, *right])] == [*wrong, broken]


def test_the_decoded_sample_tells_right_from_wrong_sound(loop: footage.Footage, other: footage.Footage) -> None:
    def sample(packets: tuple[bytes, ...], begin: int, says: int) -> SoundSample:
        round_the_loop = packets + packets
        return SoundSample(0, FIRST, says, round_the_loop[begin : begin + SAMPLE_CELLS])

    right = [sample(loop.packets, begin, begin) for begin in (0, 37, 150, 190)]
    right += [
        SoundSample(0, FIRST, at * LOW_CELLS % CELLS, (loop.low * 2)[at : at + SAMPLE_CELLS // LOW_CELLS])
        for at in (0, 9, 66, 67, 190)
    ]
    wrong = [sample(other.packets, 0, 0), sample(loop.packets, 10, 30), SoundSample(0, FIRST, 0, (b"\xff",) * 75)]
    assert list(wrong_sounds([*right, *wrong])) == wrong
