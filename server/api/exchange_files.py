"""Files that are handed out: in which format, in which language, under which name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from server.api.problems import Problem
from server.api.registry import Call
from server.exchange.packing import Format, Page, Pages
from server.exchange.sheets import BadFile
from server.exchange.workbench import Busy, Workbench
from server.texts import LANGUAGES, preferred_language

_TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "zip": "application/zip",
}
TABLE_TYPES: Final = ", ".join(_TYPES.values())
"""What a file of tables may be, for the API's own description."""
BENCH: Final = web.AppKey("bench", Workbench)


def language_of(call: Call) -> str:
    """The language asked for, else that of the request's headers."""
    asked = call.request.query.get("language", "")
    return asked if asked in LANGUAGES else preferred_language(call.request.headers.get("Accept-Language", ""))


def format_of(call: Call) -> Format:
    """The format asked for; a workbook unless told.

    Raises:
        Problem: `bad_query`.
    """
    match call.request.query.get("format", "xlsx"):
        case "xlsx":
            return "xlsx"
        case "csv":
            return "csv"
        case _:
            raise Problem(400, "bad_query")


async def download(call: Call, pages: Sequence[Page], name: str, format: Format) -> web.Response:
    """The pages as a file to keep. `name` is plain ASCII, without an ending.

    Raises:
        Problem: `exchange_busy`.
    """
    try:
        content = await call.request.app[BENCH].pack(Pages(list(pages), format))
    except (Busy, BadFile) as error:
        raise Problem(503, "exchange_busy", {"Retry-After": "10"}) from error
    ending = "zip" if format == "csv" and len(pages) > 1 else format
    headers = {
        "Content-Type": _TYPES[ending],
        "Content-Disposition": f'attachment; filename="{name}.{ending}"',
        "Cache-Control": "no-store",
    }
    return web.Response(body=content, headers=headers)
