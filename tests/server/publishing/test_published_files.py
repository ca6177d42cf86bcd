"""What is published from a recording, decoded and measured."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from server.media.plane import Codec, TapPacket
from server.publishing.plan import plan
from server.publishing.publish import fingerprint, publish
from server.publishing.published import Published, read_published, write_published
from server.publishing.sound import SILENCE
from server.recording.package import TRACKS, Clock, Manifest, Participant, Span, read_manifest, write_manifest
from server.recording.repair import settle
from tests.server.recording.encoded import TONE_S, Numbers, audio, flashes, merged, tap, video
from tests.server.recording.tape import Tape, pictures, sound

START_NS = 5_000_000_000
ORIGIN_MS = 4000
SECOND_NS = 1_000_000_000


def recording(folder: Path, packets: list[TapPacket], opened: list[tuple[int, str, str, str]], end_ms: int) -> Manifest:
    """A settled recording that began at lesson time 4 s. opened: (source id, participant, source, kind)."""
    (folder / TRACKS).mkdir(parents=True, exist_ok=True)
    tape = Tape(folder / TRACKS)
    for source_id, participant, source, kind in opened:
        tape.open(source_id, source, kind, participant)
    tape.feed(packets)
    tape.finish()
    for file in tape.files:
        os.close(file.descriptor)
    people = [
        Participant(id="staff-1", role="lead", school="中心小学", name="主讲教师", colour="#112233"),
        Participant(id="room-1", role="classroom", school="第一教学点", name="一年级", colour="#332211"),
    ]
    manifest = Manifest(
        id="lesson-1", title="分数", subject="数学", mode="blended", state="recording", run=1, people=people,
        started="2026-01-05T01:00:00.000Z", origin_ms=ORIGIN_MS, duration_ms=0,
        spans=[Span(start_ms=ORIGIN_MS, end_ms=end_ms, reason="lesson")],
        clocks=[Clock(lesson_ms=ORIGIN_MS, wall="2026-01-05T01:00:00.000Z")],
    )  # fmt: skip
    write_manifest(folder, manifest)
    settle(folder)
    settled = read_manifest(folder)
    assert settled is not None
    return settled


def lead(codec: Codec = Codec.H264, seconds: float = 4.0) -> tuple[list[TapPacket], list[tuple[int, str, str, str]]]:
    packets = merged(
        tap(video(codec, seconds), Numbers(1, codec, START_NS)), tap(audio(seconds), Numbers(2, Codec.OPUS, START_NS))
    )
    return packets, [(1, "staff-1", "camera", "video"), (2, "staff-1", "microphone", "audio")]


def published(folder: Path) -> Published:
    shares: list[float] = []
    done = publish(folder, shares.append)
    assert done is not None
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return done


def tones(samples: np.ndarray) -> list[float]:
    """Where tones begin, in s: 5 ms windows louder than 0.1 after ones that are not."""
    window = 240
    loud = np.abs(samples[: len(samples) // window * window]).reshape(-1, window).max(axis=1) > 0.1
    return [index * window / 48_000 for index in np.flatnonzero(loud[1:] & ~loud[:-1]) + 1]


@pytest.mark.media
@pytest.mark.parametrize(("codec", "file"), [(Codec.H264, "staff-1-camera.mp4"), (Codec.VP8, "staff-1-camera.webm")])
def test_flash_and_tone_of_one_person_are_published_at_the_same_true_time(
    tmp_path: Path, codec: Codec, file: str
) -> None:
    recording(tmp_path, *lead(codec), end_ms=10_000)
    (made,) = published(tmp_path).made
    assert (made.media.file, made.media.start_ms, made.media.duration_ms) == (file, 0, 6000)
    assert (made.media.video, made.media.audio) == (codec.name.lower(), "opus")
    assert (made.media.width, made.media.height) == (320, 240)
    path = tmp_path / "media" / file
    assert made.media.bytes == path.stat().st_size
    shown = pictures(path)
    assert [picture.number for picture in shown] == list(range(100))
    assert all(abs(picture.at_s - 1.0 - picture.number / 25) <= 0.002 for picture in shown)
    with av.open(str(path)) as container:
        lit = [(float(f.time), flashes(f.to_ndarray(format="rgb24"))) for f in container.decode(video=0)]
    flashed = [at for (at, on), (_, before) in zip(lit, [(0.0, False), *lit], strict=False) if on and not before]
    heard = tones(sound(path))
    assert len(flashed) == len(heard) == 4
    assert all(abs(a - b) <= 0.020 for a, b in zip(flashed, heard, strict=True))
    assert abs(len(sound(path)) / 48_000 - 6.0) <= 0.020


def test_a_closed_microphone_a_loss_and_a_dead_end_are_silence_of_the_right_length(tmp_path: Path) -> None:
    packets, opened = lead()
    sounds = [p for p in packets if p.source == 2]
    gated = [p for p in sounds if not START_NS + 900_000_000 <= p.capture_ns < START_NS + 1_500_000_000]
    del gated[10]
    recording(tmp_path, merged([p for p in packets if p.source == 1], gated), opened, end_ms=12_000)
    published(tmp_path)
    heard = sound(tmp_path / "media" / "staff-1-camera.mp4")
    assert abs(len(heard) / 48_000 - 8.0) <= 0.020
    assert [round(at, 1) for at in tones(heard)] == [1.0, 3.0, 4.0]
    assert np.abs(heard[: 48_000 * 95 // 100]).max() < 0.01
    assert np.abs(heard[48_000 * 2 : 48_000 * 245 // 100]).max() < 0.01
    assert np.abs(heard[48_000 * 51 // 10 :]).max() < 0.01


def test_our_silence_decodes_to_silence_of_20_ms() -> None:
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate = 48_000
    frames = [frame for _ in range(50) for frame in decoder.decode(av.Packet(SILENCE))]
    assert sum(frame.samples for frame in frames) == 50 * 960
    assert max(np.abs(frame.to_ndarray().astype(np.float64)).max() for frame in frames) == 0


def test_a_lost_frame_is_bridged_by_the_decoder_and_leaves_no_hole_after_it() -> None:
    tone = [frame.payloads[0] for frame in audio(1.0, tone_s=1.0)]
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate = 48_000
    packets = [*tone[:20], bytes((tone[19][0] & 0xFC,)), *tone[21:]]
    heard = np.concatenate([f.to_ndarray()[0][::2] for packet in packets for f in decoder.decode(av.Packet(packet))])
    levels = np.abs(heard.astype(np.float64)).reshape(-1, 960).max(axis=1)
    assert len(levels) == 50
    assert levels[20:24].min() > levels[15:19].mean() / 3


@pytest.mark.media
def test_parts_of_one_codec_are_one_file_with_true_times(tmp_path: Path) -> None:
    packets, opened = lead(seconds=2.0)
    recording(tmp_path, packets, opened, end_ms=7000)
    later = merged(
        tap(video(Codec.H264, 2.0, size=(640, 480), first=50), Numbers(1, Codec.H264, START_NS + 4 * SECOND_NS)),
        tap(audio(2.0), Numbers(2, Codec.OPUS, START_NS + 4 * SECOND_NS)),
    )
    manifest = recording(tmp_path, later, opened, end_ms=11_000)
    assert [(track.source, track.part) for track in manifest.tracks] == [
        ("camera", 1), ("camera", 2), ("microphone", 1), ("microphone", 2),
    ]  # fmt: skip
    (made,) = published(tmp_path).made
    assert (made.media.width, made.media.height) == (640, 480)
    shown = pictures(tmp_path / "media" / made.media.file)
    assert [picture.number for picture in shown] == list(range(100))
    assert abs(shown[50].at_s - 5.0) <= 0.002
    assert {picture.size for picture in shown[50:]} == {(640, 480)}
    assert [round(at, 1) for at in tones(sound(tmp_path / "media" / made.media.file))] == [1.0, 2.0, 5.0, 6.0]


@pytest.mark.media
def test_a_change_of_codec_makes_two_files_that_follow_each_other(tmp_path: Path) -> None:
    first = tap(video(Codec.H264, 2.0), Numbers(1, Codec.H264, START_NS))
    seq = int.from_bytes(first[-1].rtp[2:4], "big") + 1
    second = tap(video(Codec.VP8, 2.0, first=50), Numbers(1, Codec.VP8, START_NS + 2 * SECOND_NS, seq=seq, rtp=185_000))
    sounds = tap(audio(4.0), Numbers(2, Codec.OPUS, START_NS))
    _, opened = lead()
    recording(tmp_path, merged(first, second, sounds), opened, end_ms=9000)
    made = published(tmp_path).made
    assert [(m.media.file, m.media.start_ms, m.media.duration_ms) for m in made] == [
        ("staff-1-camera.mp4", 0, 3000),
        ("staff-1-camera-2.webm", 3000, 2000),
    ]
    for entry, numbers, beats in zip(made, (range(50), range(50, 100)), ([1.0, 2.0], [0.0, 1.0]), strict=True):
        path = tmp_path / "media" / entry.media.file
        assert [picture.number for picture in pictures(path)] == list(numbers)
        heard = sound(path)
        assert abs(len(heard) / 48_000 - entry.media.duration_ms / 1000) <= 0.020
        assert [round(at, 1) for at in tones(np.concatenate([np.zeros(240, np.float32), heard]))] == beats


@pytest.mark.media
def test_screen_has_the_media_sound_and_lonely_sound_a_file_of_its_own(tmp_path: Path) -> None:
    packets = merged(
        tap(video(Codec.H264, 2.0), Numbers(1, Codec.H264, START_NS)),
        tap(audio(2.0), Numbers(2, Codec.OPUS, START_NS)),
        tap(audio(2.0), Numbers(3, Codec.OPUS, START_NS)),
        tap(video(Codec.H264, 2.0), Numbers(4, Codec.H264, START_NS)),
    )
    manifest = recording(
        tmp_path,
        packets,
        [
            (1, "staff-1", "screen", "video"),
            (2, "staff-1", "media_sound", "audio"),
            (3, "room-1", "microphone", "audio"),
            (4, "room-1", "camera2", "video"),
        ],
        end_ms=8000,
    )
    outputs = {output.file: (len(output.video), len(output.audio)) for output in plan(manifest)}
    assert outputs == {"staff-1-screen.mp4": (1, 1), "room-1-camera2.mp4": (1, 0), "room-1-microphone.mp4": (0, 1)}
    made = {entry.media.file: entry.media for entry in published(tmp_path).made}
    assert made["staff-1-screen.mp4"].audio == "opus"
    assert made["room-1-camera2.mp4"].audio is None
    assert (made["room-1-microphone.mp4"].video, made["room-1-microphone.mp4"].width) == (None, 0)
    assert len(tones(sound(tmp_path / "media" / "room-1-microphone.mp4"))) == 2


def test_the_index_comes_first_and_every_sample_lies_in_the_media_box(tmp_path: Path) -> None:
    recording(tmp_path, *lead(), end_ms=10_000)
    published(tmp_path)
    data = (tmp_path / "media" / "staff-1-camera.mp4").read_bytes()
    boxes, at = [], 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        size = struct.unpack_from(">Q", data, at + 8)[0] if size == 1 else size
        boxes.append((kind, at, size))
        at += size
    assert [kind for kind, _, _ in boxes] == [b"ftyp", b"moov", b"mdat"]
    assert at == len(data)


def test_strip_poster_and_waveform_show_the_lead(tmp_path: Path) -> None:
    recording(tmp_path, *lead(), end_ms=10_000)
    done = published(tmp_path)
    assert done.thumbs is not None
    assert done.poster is not None
    assert done.waveform is not None
    assert (done.thumbs.every_ms, done.thumbs.count, done.thumbs.columns) == (2000, 3, 10)
    strip = cv2.imread(str(tmp_path / "thumbs" / done.thumbs.file))
    assert strip.shape == (done.thumbs.height, done.thumbs.width * 10, 3)
    assert all(strip[:, i * 160 : (i + 1) * 160].std() > 10 for i in range(3))
    assert cv2.imread(str(tmp_path / "thumbs" / done.poster)).shape == (480, 640, 3)
    wave = json.loads((tmp_path / "thumbs" / done.waveform).read_bytes())
    assert wave["every_ms"] == 100
    assert len(wave["peaks"]) == 60
    assert [index for index, peak in enumerate(wave["peaks"]) if peak > 70] == [10, 20, 30, 40]
    assert TONE_S < 0.1


def test_publishing_again_does_nothing_and_a_longer_recording_is_published_anew(tmp_path: Path) -> None:
    packets, opened = lead(seconds=2.0)
    recording(tmp_path, packets, opened, end_ms=7000)
    first = published(tmp_path)
    stamp = (tmp_path / "media" / "staff-1-camera.mp4").stat().st_mtime_ns
    assert publish(tmp_path, lambda _: None) == first
    assert (tmp_path / "media" / "staff-1-camera.mp4").stat().st_mtime_ns == stamp
    manifest = recording(
        tmp_path, tap(audio(1.0), Numbers(2, Codec.OPUS, START_NS + 4 * SECOND_NS)), opened, end_ms=11_000
    )
    assert fingerprint(manifest) != first.of
    assert published(tmp_path).made[0].media.duration_ms == 7000


def test_a_publication_that_was_killed_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    packets, opened = lead(seconds=2.0)
    more = tap(video(Codec.H264, 2.0), Numbers(3, Codec.H264, START_NS))
    recording(tmp_path, merged(packets, more), [*opened, (3, "room-1", "camera", "video")], end_ms=7000)
    whole = published(tmp_path)
    partial = whole.but(made=whole.made[:1], complete=False, of="", thumbs=None)
    (tmp_path / "published.json").write_text("torn")
    assert read_published(tmp_path) == Published()
    write_published(tmp_path, partial)
    (tmp_path / "media" / "room-1-camera.mp4").unlink()
    (tmp_path / "media" / ".room-1-camera.mp4.new").write_bytes(b"half")
    stamp = (tmp_path / "media" / "staff-1-camera.mp4").stat().st_mtime_ns
    assert published(tmp_path) == whole
    assert (tmp_path / "media" / "staff-1-camera.mp4").stat().st_mtime_ns == stamp
    assert sorted(path.name for path in (tmp_path / "media").iterdir()) == ["room-1-camera.mp4", "staff-1-camera.mp4"]


def test_a_recording_of_nothing_is_published_as_nothing(tmp_path: Path) -> None:
    recording(tmp_path, tap(audio(0.1), Numbers(9, Codec.OPUS, START_NS)), [(1, "a", "camera", "video")], end_ms=9000)
    done = published(tmp_path)
    assert (done.made, done.thumbs, done.poster, done.waveform, done.complete) == ([], None, None, None, True)
    assert publish(tmp_path / "nowhere", lambda _: None) is None


def test_the_program_says_how_far_it_is(tmp_path: Path) -> None:
    recording(tmp_path, *lead(seconds=2.0), end_ms=7000)
    command = [sys.executable, "-m", "server.publishing.publish"]
    root = Path(__file__).parents[3]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0
    shares = [float(line) for line in done.stdout.split()]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert subprocess.run([*command, str(tmp_path / "x")], capture_output=True, cwd=root).returncode == 2
