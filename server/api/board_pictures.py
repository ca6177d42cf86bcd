"""Pictures of a lesson's board: the lead sends them, who is in the lesson or watches its recording fetches them."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web
from msgspec import Struct

from server.admission import cast_of
from server.api.folders import LESSON_ID, open_file
from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint
from server.pictures import limits
from server.pictures.faults import FAULTS, BadPicture
from server.pictures.kept import DIGEST, FOLDER, QUALITIES, Picture, file_name, kept_in
from server.pictures.pace import pieces
from server.pictures.studio import Busy, Studio
from signaling.messages import Rung

UPLOAD_WITHIN_S: Final = 300.0
STUDIO: Final = web.AppKey("studio", Studio)
_FOR_EVER: Final = "private, max-age=31536000, immutable"


class PutPictures(Struct, frozen=True):
    """What was made of the file, a picture for each page, in order."""

    pictures: list[Picture]


async def add_pictures(call: Call) -> PutPictures:
    """A picture, or the pages of a PDF, for the board of a lesson that is open."""
    lesson_id = await _led(call)
    folder, studio = call.services.lessons_dir / lesson_id, call.request.app[STUDIO]
    if len(await asyncio.to_thread(kept_in, folder)) >= limits.PICTURES:
        raise Problem(409, "too_many_pictures")
    async with _refused_in_words():
        (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=".sent-", dir=folder / FOLDER) as file:
            await _receive(call.request, file.fileno())
            path = Path(file.name)
            pages = await studio.pages(path)
            pictures = [await studio.make(path, page, folder) for page in range(pages)]
    for picture in pictures:
        if not await call.services.picture_kept(lesson_id, picture.digest):
            raise Problem(409, "room_not_open")
    return PutPictures(pictures)


async def picture(call: Call) -> web.StreamResponse:
    """One quality of a picture; on a thin line no faster than leaves room for speech."""
    lesson_id, digest = call.part("id"), call.part("digest")
    quality = next((one for one in QUALITIES if one == call.part("quality")), None)
    if quality is None or not LESSON_ID.fullmatch(lesson_id) or not DIGEST.fullmatch(digest):
        raise not_found()
    rung = await _may_see(call, lesson_id)
    name = f"{FOLDER}/{file_name(digest, quality)}"
    opened = await asyncio.to_thread(open_file, call.services.lessons_dir, lesson_id, name)
    if opened is None:
        raise not_found()
    descriptor, status = opened
    try:
        now = partial(_rung_now, call, lesson_id, rung)
        return await _send(call.request, descriptor, status.st_size, f'"{digest}-{quality}"', now)
    finally:
        os.close(descriptor)


async def _led(call: Call) -> str:
    """The lesson's id, if the caller leads it and its room is open.

    Raises:
        Problem: `not_found`; `room_not_open`.
    """
    lesson_id, who = call.part("id"), call.caller.subject
    entry = await call.services.store.lessons.find(lesson_id) if LESSON_ID.fullmatch(lesson_id) else None
    if entry is None or entry.lesson.lead_id != who.id:
        raise not_found()
    if call.services.rung_in(lesson_id, who.id) is None:
        raise Problem(409, "room_not_open")
    return lesson_id


async def _may_see(call: Call, lesson_id: str) -> Rung:
    """The rung of the caller's line, if she is in the lesson now, was to be, or may watch its recording.

    Who only watches is written down; a running lesson is watched by coming into it, where all see her.

    Raises:
        Problem: `not_found`, the same for what is not there and what is not theirs.
    """
    who, store = call.caller.subject, call.services.store
    rung = call.services.rung_in(lesson_id, who.id)
    if rung is not None:
        return rung
    entry = await store.lessons.find(lesson_id)
    visible = await store.grids.within(who, "recordings.watch", lesson_id)
    if entry is None:
        raise not_found()
    planned = cast_of(entry).find(who.id) is not None
    over = entry.lesson.state not in ("planned", "live")
    if not (planned and not over) and not (visible and over):
        raise not_found()
    if not planned:
        await call.visit.seen(lesson_id)
    return "full"


def _rung_now(call: Call, lesson_id: str, before: Rung) -> Rung:
    return call.services.rung_in(lesson_id, call.caller.subject.id) or before


async def _receive(request: web.Request, descriptor: int) -> None:
    """The request's body into a file, piece by piece.

    Raises:
        Problem: `picture_too_large`, `too_slow`.
    """
    if (request.content_length or 0) > limits.UPLOAD_BYTES:
        raise Problem(413, "picture_too_large")
    size = 0
    try:
        async with asyncio.timeout(UPLOAD_WITHIN_S):
            async for piece in request.content.iter_any():
                size += len(piece)
                if size > limits.UPLOAD_BYTES:
                    raise Problem(413, "picture_too_large")
                await asyncio.to_thread(_write, descriptor, piece)
    except TimeoutError as error:
        raise Problem(408, "too_slow") from error


def _write(descriptor: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]


@asynccontextmanager
async def _refused_in_words() -> AsyncIterator[None]:
    """Turns what is wrong with a file into problems.

    Raises:
        Problem: `picture_<fault>`, `picture_busy`, `picture_not_kept`.
    """
    try:
        yield
    except BadPicture as bad:
        raise Problem(400, f"picture_{bad.code}") from bad
    except Busy as busy:
        raise Problem(503, "picture_busy", {"Retry-After": "5"}) from busy
    except OSError as error:
        raise Problem(507, "picture_not_kept") from error


async def _send(
    request: web.Request, descriptor: int, size: int, tag: str, rung: Callable[[], Rung]
) -> web.StreamResponse:
    headers = {hdrs.CACHE_CONTROL: _FOR_EVER, hdrs.ETAG: tag}
    if tag in request.headers.get(hdrs.IF_NONE_MATCH, ""):
        return web.Response(status=304, headers=headers)
    response = web.StreamResponse(headers=headers)
    response.content_type, response.content_length = "image/webp", size
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD:
        content = await asyncio.to_thread(os.pread, descriptor, size, 0)
        async for piece in pieces(content, rung):
            await response.write(piece)
    await response.write_eof()
    return response


_FILE: Final = (
    (408, "too_slow"),
    *((400, f"picture_{fault}") for fault in FAULTS),
    (413, "picture_too_large"), (503, "picture_busy"), (507, "picture_not_kept"),
)  # fmt: skip
ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/lessons/{id}/pictures",
        "The lead sends a picture or a PDF for the board; it is put on a page by `put_picture` (docs/protocol.md)",
        add_pictures,
        answer=PutPictures,
        action="lessons.read",
        upload=True,
        problems=(*_FILE, (404, "not_found"), (409, "room_not_open"), (409, "too_many_pictures")),
    ),
    Endpoint(
        "GET",
        "/api/lessons/{id}/pictures/{digest}/{quality}",
        "A picture of the board, as `full`, `small` or `thin`",
        picture,
        action="lessons.read",
        problems=((404, "not_found"),),
        content_type="image/webp",
    ),
)
