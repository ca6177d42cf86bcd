"""Errors as RFC 9457 problem details: a stable `code`, and words that say what to do next, in the caller's language."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from server.texts import Texts, preferred_language

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that cannot be carried out, by the caller's doing or by the state of things.

    `code` is stable and names the words in the catalogs (`problem.<code>.title` and `.detail`). `more` is what a
    program needs besides: extension members of the answer (RFC 9457, section 3.2).
    """

    def __init__(
        self, status: int, code: str, headers: dict[str, str] | None = None, more: dict[str, Any] | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.headers = headers or {}
        self.more = more or {}


class ProblemBody(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent: `type` is `about:blank`, the meaning is in `code`."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str


class ProblemWriter:
    """Turns problems into responses, in Chinese unless the request prefers English."""

    def __init__(self) -> None:
        self._texts = {language: Texts(language) for language in ("zh-CN", "en")}

    def response(self, request: web.BaseRequest, problem: Problem) -> web.Response:
        """The response for `problem`; it depends on nothing but the problem and the language."""
        texts = self._texts[preferred_language(request.headers.get("Accept-Language", ""))]
        code = problem.code
        body = ProblemBody(
            title=texts(f"problem.{code}.title"),
            status=problem.status,
            detail=texts(f"problem.{code}.detail"),
            code=code,
        )
        headers: dict[str, Any] = {"Cache-Control": "no-store", "Content-Language": texts.language, **problem.headers}
        content = msgspec.json.encode({**problem.more, **msgspec.to_builtins(body)})
        return web.Response(body=content, status=problem.status, content_type=CONTENT_TYPE, headers=headers)


def not_found() -> Problem:
    """The one answer for what is not there, is not theirs, or has a name that cannot be: same bytes, same status."""
    return Problem(404, "not_found")
