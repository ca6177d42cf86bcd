"""Retention: what is older than the county keeps it goes, verified, written down, and nothing else goes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec import structs

from server.lesson_log import read_log
from server.privacy import files
from server.privacy.keeper import RecordingKeeper
from signaling.messages import Ended, Joined, StrokeDrawn

DAY_MS = 86_400_000


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


async def test_a_recording_goes_on_the_day_the_county_set_and_not_before(kept) -> None:
    policy = await kept.store.registry.policy(kept.town.county_id)
    assert policy.keep_recordings_days == 183
    await kept.store.registry.set_policy(kept.town.county_id, structs.replace(policy, keep_recordings_days=30))
    await kept.look(29.99)
    assert files.measure(kept.folder) == files.Found(8, 800)
    await kept.look(30)
    assert left(kept.folder) == ["log.jsonl"]


async def test_what_was_deleted_is_counted_checked_and_written_down_with_its_day(kept) -> None:
    await kept.look(183)
    ((deletion, title),) = await kept.store.deletions.log(await kept.store.people.subject(kept.town.admin.id))
    assert (deletion.state, deletion.cause, deletion.lesson_id) == ("done", "retention", kept.lesson_id)
    assert (deletion.files, deletion.bytes, deletion.done_ms) == (8, 800, kept.over_ms + 183 * DAY_MS)
    assert title
    (row,) = await kept.store.audit.page()
    assert row.entry.about == kept.lesson_id
    assert (row.entry.what, row.entry.role, row.entry.code) == ("recordings.change", "server", "deleted_retention")
    assert (await kept.store.audit.verify()).broken == []


async def test_the_log_stays_for_the_figures_without_the_shapes_of_what_was_written(kept) -> None:
    await kept.look(183)
    events = [logged.event for logged in read_log(kept.folder / "log.jsonl")]
    assert [type(event) for event in events] == [Joined, StrokeDrawn, Ended]
    assert list(events[1].points) == files.NO_SHAPE


@pytest.mark.parametrize("state", ["planned", "live", "UNJUDGED"])
async def test_a_lesson_that_is_not_over_and_judged_is_never_deleted(kept, state: str) -> None:
    await kept.state(state)
    await kept.look(5000)
    assert files.measure(kept.folder).files == 8


@pytest.mark.parametrize("cause", ["legal", "model"])
async def test_a_held_recording_stays_until_its_day(kept, cause: str) -> None:
    until_ms = kept.over_ms + 400 * DAY_MS
    await kept.store.holds.put(kept.lesson_id, cause, "调查", kept.town.admin.id, until_ms, kept.over_ms)
    await kept.look(399.9)
    assert files.measure(kept.folder).files == 8
    await kept.look(400)
    assert left(kept.folder) == ["log.jsonl"]


async def test_a_released_hold_holds_no_more(kept) -> None:
    await kept.store.holds.put(kept.lesson_id, "legal", "调查", kept.town.admin.id, 2**50, kept.over_ms)
    assert await kept.store.holds.release(kept.lesson_id, kept.town.admin.id, kept.over_ms + 1)
    assert not await kept.store.holds.release(kept.lesson_id, kept.town.admin.id, kept.over_ms + 2)
    await kept.look(183)
    assert left(kept.folder) == ["log.jsonl"]


async def test_a_recording_that_is_being_published_waits_for_the_next_look(kept) -> None:
    kept.jobs.busy.add(kept.lesson_id)
    await kept.look(183)
    assert files.measure(kept.folder).files == 8
    kept.jobs.busy.clear()
    await kept.look(183.1)
    assert left(kept.folder) == ["log.jsonl"]


@pytest.mark.parametrize("place", range(4))
async def test_a_crash_anywhere_in_the_middle_is_gone_on_with(kept, monkeypatch, place: int) -> None:
    """Where it stops: before the files, after the manifest, before the audit row, before the last word."""

    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    targets = ((files, "delete"), (files.shutil, "rmtree"), (kept.store.audit, "append"),
               (kept.store.deletions, "finish"))  # fmt: skip
    with monkeypatch.context() as patched:
        patched.setattr(*targets[place], crash)
        with pytest.raises(Crash):
            await kept.look(183)
    restarted = RecordingKeeper(kept.store, kept.lessons, kept.jobs, lambda: 0)
    await restarted.look(kept.over_ms + 183 * DAY_MS + 1)
    ((deletion, _),) = await kept.store.deletions.log(await kept.store.people.subject(kept.town.admin.id))
    assert (deletion.state, deletion.files, deletion.bytes) == ("done", 8, 800)
    assert left(kept.folder) == ["log.jsonl"]


async def test_a_disk_that_refuses_leaves_it_undone_and_the_next_look_does_it(kept, monkeypatch) -> None:
    def refuse(folder: Path) -> None:
        raise OSError(30, "read-only")

    with monkeypatch.context() as patched:
        patched.setattr(files.shutil, "rmtree", refuse)
        await kept.look(183)
    assert await kept.store.deletions.done() == []
    assert [one.state for one in await kept.store.deletions.to_do(kept.over_ms)] == ["deleting"]
    await kept.look(183.1)
    assert [one.lesson_id for one in await kept.store.deletions.done()] == [kept.lesson_id]


async def test_what_comes_back_after_it_was_deleted_goes_again(kept) -> None:
    await kept.look(183)
    (kept.folder / "media").mkdir()
    (kept.folder / "media" / "film.mp4").write_bytes(b"again")
    await kept.look(184)
    assert left(kept.folder) == ["log.jsonl"]


async def test_deleting_follows_no_link_out_of_the_folder(kept, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("stays")
    os.symlink(outside, kept.folder / "media" / "way-out")
    os.symlink(outside, kept.folder / "door")
    await kept.look(183)
    assert left(kept.folder) == ["log.jsonl"]
    assert (outside / "precious").read_text() == "stays"


async def test_a_folder_without_a_lesson_in_the_store_is_left_alone(kept) -> None:
    stranger = kept.lessons / "nobody"
    (stranger / "media").mkdir(parents=True)
    await kept.look(5000)
    assert (stranger / "media").is_dir()
