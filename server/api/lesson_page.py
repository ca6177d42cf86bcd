"""The page of the board that is shown, for a screen whose line is long: asked for while its WebSocket is being made."""

from __future__ import annotations

from typing import Final

from aiohttp import hdrs, web

from server.api.folders import LESSON_ID
from server.api.problems import not_found
from server.api.registry import Call, Endpoint
from server.pictures.pace import paced
from signaling.cast import Screen
from signaling.errors import TurnedAway

UNHURRIED_BYTES_PER_S: Final = 12_000
"""Three quarters of a line of 128 kbit/s: the WebSocket is being made beside it."""


async def page(call: Call) -> web.StreamResponse:
    """A `board_part` in raw deflate (docs/protocol.md, P27), or nothing where the WebSocket tells it as well."""
    lesson_id = call.part("id")
    screen: Screen = "b" if call.request.query.get("screen") == "b" else "a"
    if not LESSON_ID.fullmatch(lesson_id):
        raise not_found()
    try:
        content = await call.services.page_ahead(call.caller.subject, lesson_id, screen)
    except TurnedAway as turned:
        raise not_found() from turned
    headers = {hdrs.CACHE_CONTROL: "no-store"}
    if content is None:
        return web.Response(status=204, headers=headers)
    response = web.StreamResponse(headers=headers)
    response.content_type, response.content_length = "application/octet-stream", len(content)
    await response.prepare(call.request)
    if call.request.method != hdrs.METH_HEAD:
        async for piece in paced(content, lambda: UNHURRIED_BYTES_PER_S):
            await response.write(piece)
    await response.write_eof()
    return response


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/lessons/{id}/page",
        "The page of the board that is shown, ahead of the WebSocket of a screen whose line is long",
        page,
        action="lessons.read",
        query={"screen": "a or b, for a second window"},
        problems=((404, "not_found"),),
        content_type="application/octet-stream",
    ),
)
