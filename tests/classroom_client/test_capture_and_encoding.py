"""The camera's and the microphone's one encoding, and the files they may come from."""

from __future__ import annotations

import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from classroom_client.capture import Capture, inputs_of
from classroom_client.config import FromFile
from classroom_client.encoder import VideoEncoder
from classroom_client.fanout import WAITING_MAX, Fanout
from classroom_client.send_rate import MIN_BPS
from classroom_client.voice import FULL, LOW, SMALL, THIN, THINNEST, Speech, VoiceEncoder, speech_for

pytestmark = pytest.mark.media


def picture(width: int, height: int, shade: int) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), shade, np.uint8), format="yuv420p")


def kinds(packets: list[av.Packet]) -> list[set[int]]:
    found = []
    for packet in packets:
        data = bytes(packet)
        starts = [at for at in range(len(data) - 3) if data[at : at + 3] == b"\x00\x00\x01"]
        found.append({data[at + 3] & 0x1F for at in starts})
    return found


def test_a_keyframe_comes_first_and_when_asked_for() -> None:
    encoder = VideoEncoder()
    packets = []
    for number in range(12):
        if number == 8:
            encoder.request_keyframe()
        packets += encoder.encode(picture(1280, 720, 20 * number), number * 3600)
    assert [number for number, kind in enumerate(kinds(packets)) if 5 in kind] == [0, 8]
    assert [packet.pts for packet in packets] == [number * 3600 for number in range(12)]
    assert kinds(packets)[8] >= {7, 8, 5}


def test_a_narrow_line_makes_the_picture_smaller_with_a_new_keyframe() -> None:
    encoder = VideoEncoder()
    encoder.encode(picture(1280, 720, 10), 0)
    assert encoder.height == 720
    encoder.allow(MIN_BPS)
    (packet,) = encoder.encode(picture(1280, 720, 10), 3600)
    assert (encoder.height, 5 in kinds([packet])[0]) == (180, True)
    decoder = av.CodecContext.create("h264", "r")
    (shown, *_) = [*decoder.decode(packet), *decoder.decode(None)]
    assert (shown.width, shown.height) == (320, 180)


def test_a_thin_line_carries_fewer_pictures_a_second_and_a_paused_camera_none() -> None:
    encoder = VideoEncoder()

    def sent(allowed_bps: int, from_ticks: int) -> int:
        encoder.allow(allowed_bps)
        return sum(len(encoder.encode(picture(320, 180, 10), from_ticks + 3600 * at)) for at in range(50))

    assert sent(1_000_000, 0) == 50
    assert 24 <= sent(250_000, 1_000_000) <= 31
    assert 14 <= sent(80_000, 2_000_000) <= 18
    encoder.paused = True
    assert sent(1_000_000, 3_000_000) == 0
    encoder.paused = False
    (packet,) = encoder.encode(picture(320, 180, 10), 4_000_000)
    assert 5 in kinds([packet])[0]


def test_a_picture_is_not_encoded_higher_than_anybody_shows_it() -> None:
    encoder = VideoEncoder()
    encoder.tallest = 360
    encoder.encode(picture(1280, 720, 10), 0)
    assert encoder.height == 360


def test_speech_follows_the_line_while_it_is_spoken() -> None:
    wanted = [FULL]
    encoder = VoiceEncoder(lambda: wanted[0])
    noise = np.random.default_rng(1).integers(-8000, 8000, (1, 48_000)).astype(np.int16)
    sizes = []
    for at, speech in enumerate((FULL, LOW, FULL)):
        wanted[0] = speech
        frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="mono")
        frame.sample_rate = 48_000
        packets = encoder.encode(frame, float(at))
        assert set(np.diff([packet.pts for packet in packets])) == {speech.samples}
        assert packets[0].pts == at * 48_000
        sizes.append(8 * sum(packet.size for packet in packets))
    assert sizes[1] < 0.6 * sizes[0]
    assert 12_000 < sizes[1] < 20_000


def test_the_thinner_the_line_the_longer_the_packets_of_speech() -> None:
    rungs = ("full", "smaller", "speaker", "sound", "voice")
    assert [speech_for(rung).packet_ms for rung in rungs] == [20, 20, 40, 60, 60]
    rates = [speech_for(rung).bitrate_bps for rung in rungs]
    assert rates == sorted(rates, reverse=True)


def repeats_the_one_before(opus: bytes) -> bool:
    """Whether a mono packet has the LBRR flag (RFC 6716, section 4.2.3), behind a voice flag for each 20 ms."""
    config = opus[0] >> 3
    assert config < 16, "not CELT"
    frames = 1 if config >= 12 else (1, 1, 2, 3)[config & 3]
    return bool(opus[1] & 0x80 >> frames)


@pytest.mark.parametrize("speech", [FULL, SMALL, THIN, THINNEST])
def test_what_is_said_is_in_the_next_packet_once_more(speech: Speech) -> None:
    at = np.arange(4 * 48_000) / 48_000
    pitch = 2 * np.pi * np.cumsum(120 + 30 * np.sin(2 * np.pi * 0.7 * at)) / 48_000
    voice = sum(np.sin(tone * pitch) / tone for tone in range(1, 25)) * np.abs(np.sin(2 * np.pi * 2 * at))
    frame = av.AudioFrame.from_ndarray((6000 * voice).astype(np.int16)[np.newaxis], format="s16", layout="mono")
    frame.sample_rate = 48_000
    packets = [bytes(packet) for packet in VoiceEncoder(lambda: speech).encode(frame, 0.0)]
    assert sum(map(repeats_the_one_before, packets)) > 0.6 * len(packets)


def test_sound_of_any_format_becomes_20_ms_packets_on_the_clock() -> None:
    encoder = VoiceEncoder()
    packets = []
    for number in range(20):
        tone = (8000 * np.sin(np.arange(4410) / 10)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.repeat(tone, 2)[None, :], format="s16", layout="stereo")
        frame.sample_rate = 44_100
        packets += encoder.encode(frame, 5.0 + number / 10)
    times = [packet.pts for packet in packets]
    assert times[0] == 5 * 48_000
    assert set(np.diff(times)) == {FULL.samples}
    assert {packet.time_base for packet in packets} == {Fraction(1, 48_000)}
    assert 95 <= len(packets) <= 100


def test_sound_after_a_hole_is_put_back_on_the_clock() -> None:
    encoder = VoiceEncoder()
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.int16), format="s16", layout="mono")
    frame.sample_rate = 48_000
    first, later = encoder.encode(frame, 0.0), encoder.encode(frame, 3.0)
    assert (first[0].pts, later[0].pts) == (0, 3 * 48_000)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """One second of picture and sound."""
    file = tmp_path / "clip.mp4"
    with av.open(str(file), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        for number in range(10):
            container.mux(video.encode(picture(320, 180, 20 * number)))
        for number in range(47):
            block = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            block.sample_rate, block.pts = 48_000, number * 1024
            container.mux(audio.encode(block))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return file


def test_a_file_is_played_in_a_loop_in_real_time(clip: Path) -> None:
    got: dict[str, list[int]] = {"video": [], "audio": []}
    looped = threading.Event()

    def deliver(kind: str, packet: av.Packet) -> None:
        got[kind].append(packet.pts)
        if len(got["video"]) >= 25:
            looped.set()

    capture = Capture(inputs_of(FromFile(clip)), deliver)
    assert capture.kinds == {"video", "audio"}
    capture.start()
    assert looped.wait(30)
    capture.stop()
    assert got["video"] == sorted(got["video"])
    assert got["video"][9] - got["video"][0] == 9 * 9000
    assert len(got["audio"]) > 50


def test_a_file_may_not_lead_to_another_place(tmp_path: Path) -> None:
    playlist = tmp_path / "list.m3u8"
    playlist.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")
    (source,) = inputs_of(FromFile(playlist))
    with pytest.raises((av.FFmpegError, OSError)), source.open() as container:
        next(container.demux())


async def test_a_peer_that_does_not_read_loses_its_packets_and_asks_for_a_keyframe() -> None:
    asked: list[bool] = []
    fanout = Fanout("video", lambda: asked.append(True))
    slow, quick = fanout.open(), fanout.open()
    for number in range(WAITING_MAX + 2):
        packet = av.Packet(b"x")
        packet.pts = number
        fanout.put(packet)
        assert (await quick.recv()).pts == number
    assert asked == [True]
    assert (await slow.recv()).pts == WAITING_MAX + 1
    fanout.close(slow)
    fanout.put(packet)
    assert slow.readyState == "ended"
