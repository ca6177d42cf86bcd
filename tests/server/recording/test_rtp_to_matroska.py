"""RTP packets of real footage, in whatever disorder they come, become files that decode to the same pictures."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from server.media.plane import Codec, TapPacket
from server.recording.matroska_reader import read_blocks
from server.recording.repair import describe
from server.recording.streams import RtpStream
from tests.server.recording.encoded import Encoded, Numbers, audio, merged, tap, video
from tests.server.recording.tape import Tape, pictures, sound

START_NS = 5_000_000_000
CAMERA, MICROPHONE = 1, 2
VIDEO_CODECS = pytest.mark.parametrize("codec", [Codec.H264, Codec.VP8])


def kept(folder: Path, packets: list[TapPacket], kind: str = "video", source: str = "camera") -> Path:
    tape = Tape(folder)
    tape.open(CAMERA, source, kind)
    tape.feed(packets)
    (path,) = tape.finish()
    return path


def camera(codec: Codec, seconds: float = 4.0, **numbers: int) -> list[TapPacket]:
    return tap(video(codec, seconds), Numbers(CAMERA, codec, START_NS, **numbers))


def later(packet: TapPacket, ns: int) -> TapPacket:
    return TapPacket(packet.source, packet.arrival_ns + ns, packet.capture_ns, packet.codec, packet.rtp)


def in_order_of_arrival(packets: list[TapPacket]) -> list[TapPacket]:
    return sorted(packets, key=lambda packet: packet.arrival_ns)


@VIDEO_CODECS
def test_every_frame_is_kept_with_its_time(tmp_path: Path, codec: Codec) -> None:
    path = kept(tmp_path, camera(codec))
    shown = pictures(path)
    assert [picture.number for picture in shown] == list(range(100))
    assert all(abs(picture.at_s - picture.number / 25) <= 0.001 for picture in shown)
    track = describe(path)
    assert track is not None
    assert (track.start_ms, track.frames, track.lost) == (5000, 100, 0)
    assert (track.width, track.height) == (320, 240)
    assert track.duration_ms == 3960 + 33


@VIDEO_CODECS
@pytest.mark.parametrize("numbers", [{"seq": 65_500, "rtp": 0xFFFF_FFFF - 90_000}, {"seq": 65_535, "rtp": 0}])
def test_wraps_of_sequence_and_timestamp_leave_no_trace(tmp_path: Path, codec: Codec, numbers: dict[str, int]) -> None:
    shown = pictures(kept(tmp_path, camera(codec, **numbers)))
    assert [picture.number for picture in shown] == list(range(100))
    assert all(abs(picture.at_s - picture.number / 25) <= 0.001 for picture in shown)


@VIDEO_CODECS
def test_reordered_and_doubled_packets_leave_no_trace(tmp_path: Path, codec: Codec) -> None:
    dice = random.Random(7)
    packets = [later(packet, dice.randrange(0, 120_000_000)) for packet in camera(codec)]
    packets += dice.sample(packets, len(packets) // 3)
    shown = pictures(kept(tmp_path, in_order_of_arrival(packets)))
    assert [picture.number for picture in shown] == list(range(100))


@VIDEO_CODECS
def test_retransmissions_within_the_patience_complete_every_frame(tmp_path: Path, codec: Codec) -> None:
    dice = random.Random(8)
    packets = [later(packet, 350_000_000) if dice.random() < 0.1 else packet for packet in camera(codec)]
    shown = pictures(kept(tmp_path, in_order_of_arrival(packets)))
    assert [picture.number for picture in shown] == list(range(100))


@VIDEO_CODECS
def test_after_a_loss_recording_goes_on_at_the_next_keyframe(tmp_path: Path, codec: Codec) -> None:
    packets = camera(codec)
    frame_of_30 = next(i for i, p in enumerate(packets) if p.capture_ns >= START_NS + 30 * 40_000_000)
    del packets[frame_of_30]
    path = kept(tmp_path, packets)
    shown = pictures(path)
    assert [picture.number for picture in shown] == [*range(30), *range(50, 100)]
    assert all(abs(picture.at_s - picture.number / 25) <= 0.001 for picture in shown)
    track = describe(path)
    assert track is not None
    assert track.lost == 1


@VIDEO_CODECS
def test_recording_begins_at_the_first_keyframe(tmp_path: Path, codec: Codec) -> None:
    packets = camera(codec)
    path = kept(tmp_path, [packet for packet in packets if packet.capture_ns >= START_NS + 20 * 40_000_000])
    assert [picture.number for picture in pictures(path)] == list(range(50, 100))
    track = describe(path)
    assert track is not None
    assert track.start_ms == 7000


@VIDEO_CODECS
def test_a_stream_says_that_it_needs_a_keyframe(tmp_path: Path, codec: Codec) -> None:
    tape = Tape(tmp_path)
    tape.open(CAMERA, "camera", "video")
    stream = tape.streams[CAMERA]
    assert not stream.hungry
    packets = camera(codec)
    middle = [packet for packet in packets if packet.capture_ns >= START_NS + 10 * 40_000_000]
    tape.feed(middle[:5])
    assert stream.hungry
    tape.feed(middle[5:])
    assert not stream.hungry


@VIDEO_CODECS
def test_a_new_ssrc_is_a_new_beginning_of_the_same_file(tmp_path: Path, codec: Codec) -> None:
    first = camera(codec, 2.0)
    second = tap(
        video(codec, 2.0, first=50), Numbers(CAMERA, codec, START_NS + 2_500_000_000, seq=9, rtp=77, ssrc=0x99)
    )
    shown = pictures(kept(tmp_path, first + second))
    assert [picture.number for picture in shown] == list(range(100))
    assert abs(shown[50].at_s - 2.5) <= 0.001
    assert all(abs(b.at_s - a.at_s - 0.04) <= 0.001 for a, b in pairwise(shown[50:]))


@VIDEO_CODECS
def test_a_jump_of_the_sequence_numbers_is_survived(tmp_path: Path, codec: Codec) -> None:
    first = camera(codec, 2.0)
    second = tap(video(codec, 2.0, first=50), Numbers(CAMERA, codec, START_NS + 2_000_000_000, seq=40_000, rtp=185_000))
    assert [p.number for p in pictures(kept(tmp_path, first + second))] == list(range(100))


def test_h264_may_change_its_resolution_within_a_file(tmp_path: Path) -> None:
    small = camera(Codec.H264, 2.0)
    large = tap(
        video(Codec.H264, 2.0, size=(640, 480), first=50),
        Numbers(CAMERA, Codec.H264, START_NS + 2_000_000_000, seq=30_000, rtp=185_000),
    )
    path = kept(tmp_path, small + large)
    shown = pictures(path)
    assert [(picture.number, picture.size) for picture in shown] == [
        *((number, (320, 240)) for number in range(50)),
        *((number, (640, 480)) for number in range(50, 100)),
    ]
    track = describe(path)
    assert track is not None
    assert (track.width, track.height) == (640, 480)


def test_another_codec_begins_another_part(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    tape.open(CAMERA, "camera", "video")
    first = camera(Codec.H264, 2.0)
    last_seq = int.from_bytes(first[-1].rtp[2:4], "big")
    tape.feed(first)
    tape.feed(
        tap(
            video(Codec.VP8, 2.0, first=50),
            Numbers(CAMERA, Codec.VP8, START_NS + 2_000_000_000, seq=last_seq + 1, rtp=185_000),
        )
    )
    paths = tape.finish()
    assert [path.name for path in paths] == ["room-1-camera-1.mkv", "room-1-camera-2.mkv"]
    assert [[p.number for p in pictures(path)] for path in paths] == [list(range(50)), list(range(50, 100))]
    tracks = [describe(path) for path in paths]
    assert [(track.codec, track.start_ms) for track in tracks if track] == [("h264", 5000), ("vp8", 7000)]


def test_opus_is_kept_frame_by_frame_through_losses(tmp_path: Path) -> None:
    packets = tap(audio(4.0), Numbers(CAMERA, Codec.OPUS, START_NS, seq=65_530))
    path = kept(tmp_path, packets[:60] + packets[62:], "audio", "microphone")
    header, blocks = read_blocks(path)
    expected = [number * 20 for number in range(200) if number not in (60, 61)]
    assert [ms for ms, _, _, _ in blocks] == expected
    assert header.number("LOST") == 2
    assert len(sound(path)) == 192_000


def test_padding_extensions_and_csrc_are_not_media(tmp_path: Path) -> None:
    plain = tap(audio(1.0), Numbers(CAMERA, Codec.OPUS, START_NS, extension=False))
    dressed = []
    for number, packet in enumerate(plain):
        head, payload = bytearray(packet.rtp[:12]), packet.rtp[12:]
        if number % 3 == 0:
            head[0], payload = 0xA0, payload + b"\0\0\0\x04"
        elif number % 3 == 1:
            head[0], payload = 0x82, b"abcdefgh" + payload
        else:
            head[0], payload = 0x90, b"\xbe\xde\0\x02" + bytes(8) + payload
        dressed.append(TapPacket(CAMERA, packet.arrival_ns, packet.capture_ns, packet.codec, bytes(head) + payload))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, two = kept(tmp_path / "a", plain, "audio", "microphone"), kept(tmp_path / "b", dressed, "audio", "microphone")
    assert np.array_equal(sound(one), sound(two))


def test_packets_of_padding_alone_take_a_number_and_nothing_else(tmp_path: Path) -> None:
    packets = camera(Codec.H264, 2.0)
    spread = []
    for number, packet in enumerate(packets):
        seq = 2 * number
        spread.append(_renumbered(packet, seq))
        probe = b"\xa0" + packet.rtp[1:2] + packet.rtp[2:12] + bytes(9) + b"\x0a"
        spread.append(
            _renumbered(TapPacket(CAMERA, packet.arrival_ns, packet.capture_ns, packet.codec, probe), seq + 1)
        )
    assert [p.number for p in pictures(kept(tmp_path, spread))] == list(range(50))


def _renumbered(packet: TapPacket, seq: int) -> TapPacket:
    rtp = packet.rtp[:2] + seq.to_bytes(2, "big") + packet.rtp[4:]
    return TapPacket(packet.source, packet.arrival_ns, packet.capture_ns, packet.codec, rtp)


def test_redundant_audio_keeps_its_primary_block(tmp_path: Path) -> None:
    plain = audio(1.0)
    red = tuple(
        Encoded(
            frame.at_s,
            [
                (0x80 << 24 | 111 << 24 | 960 << 10 | len(before.payloads[0])).to_bytes(4, "big") + b"\x6f"
                + before.payloads[0] + frame.payloads[0]
            ],
            True,
        )
        for before, frame in pairwise(plain)
    )  # fmt: skip
    path = kept(tmp_path, tap(red, Numbers(CAMERA, Codec.RED, START_NS)), "audio", "microphone")
    _, blocks = read_blocks(path)
    data = path.read_bytes()
    assert [data[at : at + size] for _, _, at, size in blocks] == [frame.payloads[0] for frame in plain[1:]]


def test_picture_and_sound_of_one_person_stay_together_through_noise(tmp_path: Path) -> None:
    dice = random.Random(3)
    tape = Tape(tmp_path)
    tape.open(CAMERA, "camera", "video")
    tape.open(MICROPHONE, "microphone", "audio")

    def noisy(packet: TapPacket) -> TapPacket:
        error = dice.randrange(-15_000_000, 15_000_000)
        return TapPacket(packet.source, packet.arrival_ns, packet.capture_ns + error, packet.codec, packet.rtp)

    pictures_in = tap(video(Codec.H264, 6.0), Numbers(CAMERA, Codec.H264, START_NS))
    sounds_in = tap(audio(6.0), Numbers(MICROPHONE, Codec.OPUS, START_NS))
    tape.feed([noisy(packet) for packet in merged(pictures_in, sounds_in)])
    times: dict[str, list[int]] = {}
    for path in tape.finish():
        header, blocks = read_blocks(path)
        times[header.tags["SOURCE"]] = [header.number("START_MS") + ms for ms, _, _, _ in blocks]
    skews = [
        (at - 5000 - number * 40) - (times["microphone"][number * 2] - 5000 - number * 40)
        for number, at in enumerate(times["camera"])
        if number >= 25
    ]
    assert max(map(abs, skews)) <= 20


def test_a_dead_camera_for_21_s_costs_the_sound_nothing(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    tape.open(CAMERA, "camera", "video")
    tape.open(MICROPHONE, "microphone", "audio")
    alive = tap(video(Codec.H264, 1.0), Numbers(CAMERA, Codec.H264, START_NS))
    back = tap(
        video(Codec.H264, 1.0, first=25),
        Numbers(CAMERA, Codec.H264, START_NS + 22_000_000_000, seq=2000, rtp=1_985_000),
    )
    tape.feed(merged(alive, tap(audio(23.0), Numbers(MICROPHONE, Codec.OPUS, START_NS)), back))
    flushed = {file.path.name: file.frames for file in tape.files}
    assert flushed["room-1-microphone-1.mkv"] == 1150
    paths = {path.name: path for path in tape.finish()}
    shown = pictures(paths["room-1-camera-1.mkv"])
    assert [picture.number for picture in shown] == list(range(50))
    assert abs(shown[25].at_s - 22.0) <= 0.001
    assert len(sound(paths["room-1-microphone-1.mkv"])) == 23 * 48_000


def test_a_source_that_takes_over_continues_the_file(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    track = tape.open(CAMERA, "camera", "video")
    tape.feed(camera(Codec.H264, 2.0))
    tape.streams = {9: RtpStream("video", 0, track.frame)}
    tape.tracks = {9: track}
    tape.feed(tap(video(Codec.H264, 2.0, size=(640, 480), first=50), Numbers(9, Codec.H264, START_NS + 2_000_000_000)))
    (path,) = tape.finish()
    assert [(p.number, p.size[0]) for p in pictures(path)] == [(n, 320 if n < 50 else 640) for n in range(100)]
