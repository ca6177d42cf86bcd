"""Recordings: the list, what a replay needs, the log, the files. For whom is said in server.store.visibility."""

from __future__ import annotations

import asyncio
import mimetypes
import os

import structlog
from aiohttp import web
from msgspec import Struct

from server.api.folders import LESSON_ID, open_file, open_log
from server.api.problems import not_found
from server.api.ranges import BLOCK, send_file
from server.api.registry import Call, Endpoint
from server.publishing.replay import Replay, Summary

log = structlog.get_logger(__name__)

QUERY_LIMIT = 200
_TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".mkv": "video/x-matroska", ".json": "application/json"}


class RecordingList(Struct, frozen=True):
    """Newest first."""

    recordings: list[Summary]


async def listing(call: Call) -> RecordingList:
    """Recordings the caller may see whose title, subject, school or teacher contains `q`."""
    query = call.request.query.get("q", "")[:QUERY_LIMIT].strip()
    found = await call.services.recordings.search(query)
    visible = await call.services.store.lessons.visible_to(call.caller.subject, [entry.id for entry in found])
    return RecordingList(recordings=[entry for entry in found if entry.id in visible])


async def replay(call: Call) -> Replay:
    """What the replay page needs besides the log."""
    found = await call.services.recordings.replay(await _permitted(call))
    if found is None:
        raise not_found()
    log.info("recording opened", recording=found.id, by=call.caller.subject.id)
    return found


async def events(call: Call) -> web.StreamResponse:
    """The lesson log as one JSON array; a last line that is not whole yet is left out."""
    opened = await asyncio.to_thread(open_log, call.services.lessons_dir, await _over(call))
    if opened is None:
        raise not_found()
    descriptor, status = opened
    try:
        response = web.StreamResponse(headers={"Cache-Control": "private, no-cache"})
        response.content_type = "application/json"
        response.enable_compression()
        await response.prepare(call.request)
        await _write_array(response, descriptor, status.st_size)
        await response.write_eof()
        return response
    finally:
        os.close(descriptor)


async def file(call: Call) -> web.StreamResponse:
    """One file of the recording, by byte ranges if asked."""
    lesson_id = await _over(call)
    opened = await asyncio.to_thread(open_file, call.services.lessons_dir, lesson_id, call.part("name"))
    if opened is None:
        raise not_found()
    descriptor, status = opened
    try:
        return await send_file(call.request, descriptor, status, _content_type(call.part("name")))
    finally:
        os.close(descriptor)


async def _over(call: Call) -> str:
    """As `_permitted`, of a lesson that is over: nobody follows a running one without being in it, where all see her.

    Raises:
        Problem: `not_found`.
    """
    lesson_id = await _permitted(call)
    entry = await call.services.store.lessons.get(lesson_id)
    if entry is None or entry.lesson.state == "live":
        raise not_found()
    return lesson_id


async def _permitted(call: Call) -> str:
    """The lesson's id, if the caller may see its recording; that she does is written down first.

    Raises:
        Problem: `not_found`, the same for what is not there and what is not theirs.
    """
    lesson_id = call.part("id")
    if not LESSON_ID.fullmatch(lesson_id):
        raise not_found()
    if not await call.services.store.grids.within(call.caller.subject, "recordings.watch", lesson_id):
        raise not_found()
    await call.visit.seen(lesson_id)
    return lesson_id


async def _write_array(response: web.StreamResponse, descriptor: int, size: int) -> None:
    """The log's lines between brackets, commas for line ends."""
    await response.write(b"[")
    position, rest, empty = 0, b"", True
    while position < size:
        block = await asyncio.to_thread(os.pread, descriptor, min(BLOCK, size - position), position)
        if not block:
            break
        position += len(block)
        whole, newline, rest = (rest + block).rpartition(b"\n")
        if newline and whole:
            await response.write((b"" if empty else b",") + whole.replace(b"\n", b","))
            empty = False
    await response.write(b"]")


def _content_type(name: str) -> str:
    suffix = os.path.splitext(name)[1].lower()
    return _TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/recordings",
        "Recordings the caller may see",
        listing,
        answer=RecordingList,
        action="recordings.watch",
        query={"q": "Words to look for"},
    ),
    Endpoint(
        "GET",
        "/api/recordings/{id}",
        "What a replay needs",
        replay,
        answer=Replay,
        action="recordings.watch",
        problems=((404, "not_found"),),
    ),
    Endpoint(
        "GET",
        "/api/recordings/{id}/log",
        "The log of a lesson that is over, an array of event messages",
        events,
        action="recordings.watch",
        problems=((404, "not_found"),),
    ),
    Endpoint(
        "GET",
        "/api/recordings/{id}/files/{name:.+}",
        "A file of the recording of a lesson that is over, by byte ranges if asked",
        file,
        action="recordings.watch",
        problems=((404, "not_found"), (416, "bad_range")),
        content_type="application/octet-stream",
    ),
)
