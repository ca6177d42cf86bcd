"""Import: a file is previewed, then the same file is written. Templates to fill in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from msgspec import Struct

from server.api.county_fields import summary
from server.api.county_problems import PROBLEMS, refused_in_words
from server.api.exchange_files import BENCH, TABLE_TYPES, download, format_of, language_of
from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint
from server.exchange import limits
from server.exchange.desk import Faulty, Outdated, Upload, carry_out, preview
from server.exchange.sheets import BadFile
from server.exchange.tables import COLUMNS
from server.exchange.telling import ImportPreview, tell
from server.exchange.template import template
from server.exchange.vocabulary import PART
from server.exchange.workbench import Busy
from server.exchange.writing import Written
from server.texts import Texts

UPLOAD_WITHIN_S: Final = 120.0
FILE_PROBLEMS: Final = ((400, "bad_file"), (408, "too_slow"), (503, "exchange_busy"))


class ImportDone(Struct, frozen=True):
    """What was written: the tables as the preview counted them, and the lessons that followed."""

    preview: ImportPreview
    lessons: Written


async def preview_import(call: Call) -> ImportPreview:
    """What a file would change; nothing is written."""
    services, upload = call.services, await _upload(call)
    async with file_in_words(call):
        found = await preview(services.store, call.request.app[BENCH], _county(call), upload, services.clock())
    return tell(found.token, found.judged, Texts(language_of(call), PART))


async def import_file(call: Call) -> ImportDone:
    """Writes the file that was previewed: all of it or nothing."""
    services, upload = call.services, await _upload(call)
    token = call.request.query.get("token", "")[:64]
    call.visit.about = f"import:{token[:16]}"
    async with file_in_words(call), refused_in_words(call):
        judged, written = await carry_out(
            services.store, call.request.app[BENCH], _county(call), upload, token, services.clock()
        )
    return ImportDone(tell(token, judged, Texts(language_of(call), PART)), written)


async def import_template(call: Call) -> web.Response:
    """A workbook to fill in, or one table of it."""
    name = call.request.query.get("table", "")
    table = next((known for known in COLUMNS if known == name), None)
    if name and table is None:
        raise not_found()
    pages = template(Texts(language_of(call), PART), table)
    return await download(call, pages.pages, f"tongke-{table or 'template'}", format_of(call))


@asynccontextmanager
async def file_in_words(call: Call) -> AsyncIterator[None]:
    """Turns what is wrong with a file into problems.

    Raises:
        Problem: `bad_file`, with `reason` and `words` for this file; `exchange_busy`; `preview_outdated`;
            `import_faulty`.
    """
    try:
        yield
    except Outdated as outdated:
        raise Problem(409, "preview_outdated") from outdated
    except Faulty as faulty:
        raise Problem(409, "import_faulty") from faulty
    except BadFile as bad:
        words = Texts(language_of(call), PART)(f"file.{bad.code}", **bad.values)
        raise Problem(400, "bad_file", more={"reason": bad.code, "words": words}) from bad
    except Busy as busy:
        raise Problem(503, "exchange_busy", {"Retry-After": "10"}) from busy


async def _upload(call: Call) -> Upload:
    """The file in the request's body; `name` and `whole` are in the query.

    Raises:
        Problem: `too_large`, `too_slow`, or `bad_file` for none.
    """
    query, content = call.request.query, bytearray()
    if (call.request.content_length or 0) > limits.FILE_BYTES:
        raise Problem(413, "too_large")
    try:
        async with asyncio.timeout(UPLOAD_WITHIN_S):
            async for chunk in call.request.content.iter_any():
                content += chunk
                if len(content) > limits.FILE_BYTES:
                    raise Problem(413, "too_large")
    except TimeoutError as error:
        raise Problem(408, "too_slow") from error
    name = "".join(letter for letter in query.get("name", "") if letter.isprintable())[:120]
    return Upload(name=name or "-", content=bytes(content), whole=query.get("whole") == "1")


def _county(call: Call) -> str:
    return call.caller.subject.county_id


_QUERY = {"name": "The file's name", "whole": "1: the file has the whole timetable of the terms that it names"}
_TOO_LATE = ((409, "preview_outdated"), (409, "import_faulty"))
ENDPOINTS = (
    Endpoint(
        "POST", "/api/exchange/preview", summary(preview_import), preview_import,
        action="county.change", answer=ImportPreview, upload=True, query=_QUERY, problems=FILE_PROBLEMS,
    ),
    Endpoint(
        "POST", "/api/exchange/import", summary(import_file), import_file,
        action="county.change", answer=ImportDone, upload=True, query=_QUERY | {"token": "That of the preview"},
        problems=(*FILE_PROBLEMS, *_TOO_LATE, *PROBLEMS[1:]),
    ),
    Endpoint(
        "GET", "/api/exchange/template", summary(import_template), import_template, action="county.read",
        query={"table": "One table only", "format": "xlsx or csv", "language": "zh-CN or en"},
        content_type=TABLE_TYPES, problems=((400, "bad_query"), (404, "not_found"), *FILE_PROBLEMS[::2]),
    ),
)  # fmt: skip
