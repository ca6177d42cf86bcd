"""The library: what it lists, what it answers, what it repairs and publishes by itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from server.media.plane import Codec
from server.publishing.library import Library
from server.publishing.replay import Chapter, Gap, Publishing, Replay
from server.recording.commands import CommandFailed, export, list_recordings, repair, verify
from server.recording.package import TRACKS, Clock, Manifest, Participant, Span, read_manifest, write_manifest
from server.recording.repair import settle
from signaling.messages import Ended, Logged, PageAdded, Started
from tests.server.recording.encoded import Numbers, audio, merged, tap, video
from tests.server.recording.tape import Tape

STARTED_S = 1_767_574_800.0


def make(
    data: Path, lesson_id: str, *, title: str = "分数的意义", school: str = "中心小学", torn: bool = False,
    started: str = "2026-01-05T01:00:00.000Z", ended: bool = True,
) -> Path:  # fmt: skip
    """A recording of 2 s, settled, or as a crash leaves it; and its log."""
    folder = data / "lessons" / lesson_id
    (folder / TRACKS).mkdir(parents=True)
    tape = Tape(folder / TRACKS)
    tape.open(1, "camera", "video", "staff-1")
    tape.open(2, "microphone", "audio", "staff-1")
    pictures, sounds = video(Codec.H264, 2.0), audio(2.0)
    tape.feed(merged(tap(pictures, Numbers(1, Codec.H264, 5 * 10**9)), tap(sounds, Numbers(2, Codec.OPUS, 5 * 10**9))))
    if not torn:
        tape.finish()
    for file in tape.files:
        os.close(file.descriptor)
    people = [
        Participant(id="room-1", role="classroom", school="第一教学点", name="一年级", colour="#332211"),
        Participant(id="staff-1", role="lead", school=school, name="主讲教师", colour="#112233"),
    ]
    write_manifest(
        folder,
        Manifest(
            id=lesson_id, title=title, subject="数学", mode="blended", state="recording", run=1, people=people,
            started=started, origin_ms=4000, duration_ms=0,
            spans=[Span(start_ms=4000, end_ms=None if torn else 8000, reason="" if torn else "lesson")],
            clocks=[Clock(lesson_ms=4000, wall=started)],
        ),
    )  # fmt: skip
    events = [(4100, Started()), (6000, PageAdded(id="aaaaaaaa", page=2, after=1))]
    if ended:
        events.append((8000, Ended(reason="lead")))
    lines = [Logged(number=n, at=at, by="staff-1", event=event) for n, (at, event) in enumerate(events, 1)]
    (folder / "log.jsonl").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines) + b'{"torn')
    if not torn:
        settle(folder)
    return folder


@asynccontextmanager
async def opened(data: Path) -> AsyncIterator[Library]:
    library = Library(data, wall_s=lambda: STARTED_S + 60)
    await library.start()
    try:
        yield library
    finally:
        await library.close()


async def published(library: Library, lesson_id: str) -> Replay:
    """The replay once it is published; the library's own jobs decide when."""
    async with asyncio.timeout(100):
        while True:
            replay = await library.replay(lesson_id)
            assert replay is not None
            if replay.publishing.state in ("done", "failed"):
                return replay
            await asyncio.sleep(0.05)


async def test_a_finished_recording_is_published_at_start_and_can_be_replayed(tmp_path: Path) -> None:
    make(tmp_path, "lesson-1")
    async with opened(tmp_path) as library:
        replay = await published(library, "lesson-1")
    assert replay.publishing == Publishing(state="done", progress=1.0)
    assert (replay.state, replay.duration_ms, replay.origin_ms) == ("finished", 4000, 4000)
    assert [(media.file, media.start_ms, media.duration_ms) for media in replay.media] == [
        ("staff-1-camera.mp4", 0, 4000)
    ]
    assert replay.chapters == [Chapter(at_ms=100, kind="started"), Chapter(at_ms=2000, kind="page", page=2)]
    assert replay.thumbs is not None
    assert (replay.poster, replay.waveform) == ("poster.jpg", "waveform.json")
    assert [person.id for person in replay.people] == ["room-1", "staff-1"]


async def test_a_crashed_recording_is_repaired_listed_and_published_at_start(tmp_path: Path) -> None:
    make(tmp_path, "lesson-1", torn=True)
    async with opened(tmp_path) as library:
        assert [entry.id for entry in await library.search("")] == ["lesson-1"]
        replay = await published(library, "lesson-1")
    assert (replay.state, replay.publishing.state) == ("repaired", "done")
    assert replay.duration_ms == 1000 + 2000
    assert len(replay.media) == 1


async def test_a_crashed_recording_whose_lesson_goes_on_is_repaired_but_not_published_yet(tmp_path: Path) -> None:
    make(tmp_path, "lesson-1", torn=True, ended=False)
    async with opened(tmp_path) as library:
        await library._jobs.repaired.wait()
        replay = await library.replay("lesson-1")
        assert replay is not None
        assert (replay.state, replay.publishing.state, replay.media) == ("repaired", "waiting", [])
        library.publish("lesson-1")
        assert len((await published(library, "lesson-1")).media) == 1


async def test_the_list_is_searched_by_words_and_newest_first(tmp_path: Path) -> None:
    make(tmp_path, "lesson-1")
    make(tmp_path, "lesson-2", title="古诗二首", started="2026-01-06T01:00:00.000Z")
    make(tmp_path, "lesson-3", school="实验小学", started="2026-01-04T01:00:00.000Z")
    (tmp_path / "lessons" / "empty").mkdir()
    library = Library(tmp_path)
    assert [entry.id for entry in await library.search("")] == ["lesson-2", "lesson-1", "lesson-3"]
    assert [entry.id for entry in await library.search("分数 实验")] == ["lesson-3"]
    assert [entry.id for entry in await library.search("第一教学点 古诗")] == ["lesson-2"]
    assert await library.search("历史") == []
    assert await library.recorded(["lesson-1", "empty", "other"]) == {"lesson-1"}
    (first, *_) = await library.search("古诗")
    assert (first.schools, first.duration_ms, first.state) == (["中心小学", "第一教学点"], 4000, "finished")
    assert first.publishing == Publishing(state="waiting")
    assert first.bytes > 0


async def test_an_unknown_recording_has_no_replay(tmp_path: Path) -> None:
    assert await Library(tmp_path).replay("nothing") is None
    assert await Library(tmp_path).search("") == []


async def test_a_running_recording_grows_by_the_clock_and_shows_its_gaps(tmp_path: Path) -> None:
    folder = make(tmp_path, "lesson-1")
    manifest = read_manifest(folder)
    assert manifest is not None
    spans = [Span(start_ms=4000, end_ms=9000, reason="disk_full"), Span(start_ms=12_000)]
    write_manifest(folder, manifest.but(state="recording", spans=spans))
    replay = await Library(tmp_path, wall_s=lambda: STARTED_S + 60).replay("lesson-1")
    assert replay is not None
    assert (replay.state, replay.duration_ms) == ("recording", 60_000)
    assert replay.gaps == [Gap(start_ms=5000, end_ms=8000, reason="disk_full")]


async def test_publishing_on_a_disk_that_refuses_is_told_and_can_be_tried_again(tmp_path: Path) -> None:
    folder = make(tmp_path, "lesson-1")
    (folder / "media").write_text("in the way")
    async with opened(tmp_path) as library:
        assert (await published(library, "lesson-1")).publishing.state == "failed"
        (folder / "media").unlink()
        library.publish("lesson-1")
        assert (await published(library, "lesson-1")).publishing.state == "done"


async def test_closing_ends_the_running_job_and_the_next_start_takes_it_up(tmp_path: Path) -> None:
    make(tmp_path, "lesson-1")
    async with opened(tmp_path) as library:
        await asyncio.sleep(0)
    await library.close()
    async with opened(tmp_path) as library:
        assert (await published(library, "lesson-1")).publishing.state == "done"


def test_the_commands_list_verify_repair_and_export(tmp_path: Path) -> None:
    make(tmp_path, "lesson-1")
    folder = make(tmp_path, "lesson-2", torn=True, started="2026-01-06T01:00:00.000Z")
    assert [(entry.id, entry.state) for entry in list_recordings(tmp_path)] == [
        ("lesson-2", "recording"),
        ("lesson-1", "finished"),
    ]
    checked = {entry.id: entry for entry in verify(tmp_path, sample_s=1.0)}
    assert checked["lesson-1"].ok
    assert [file.decoded is not None and file.decoded > 20 for file in checked["lesson-1"].files] == [True, True]
    assert checked["lesson-2"].problems == ["recording"]
    assert {problem for file in checked["lesson-2"].files for problem in file.problems} == {"unfinished"}
    with pytest.raises(CommandFailed, match="recording"):
        export(tmp_path, "lesson-2", tmp_path / "out")
    (done,) = repair(tmp_path, "lesson-2")
    assert (done.state, sorted(file.frames for file in done.files)) == ("repaired", [50, 100])
    assert verify(tmp_path, "lesson-2", sample_s=0)[0].ok
    exported = export(tmp_path, "lesson-2", tmp_path / "out")
    assert sorted(exported.files) == sorted(
        ["manifest.json", "log.jsonl", "published.json", "media/staff-1-camera.mp4"]
        + [f"thumbs/{name}" for name in ("poster.jpg", "strip.jpg", "waveform.json")]
    )
    assert all((tmp_path / "out" / name).is_file() for name in exported.files)
    assert export(tmp_path, "lesson-2", tmp_path / "out.zip").bytes == exported.bytes
    with pytest.raises(CommandFailed, match="exists"):
        export(tmp_path, "lesson-2", tmp_path / "out.zip")
    with pytest.raises(CommandFailed, match="not_found"):
        verify(tmp_path, "lesson-9")
    assert read_manifest(folder) is not None
