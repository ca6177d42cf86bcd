"""Sends an open file, whole or one byte range of it (RFC 9110, section 14), without holding the event loop."""

from __future__ import annotations

import asyncio
import os
from email.utils import formatdate

from aiohttp import hdrs, web

from server.api.problems import Problem

BLOCK = 256 * 1024


async def send_file(
    request: web.Request, descriptor: int, status: os.stat_result, content_type: str
) -> web.StreamResponse:
    """Answers with the file behind `descriptor`, which the caller closes.

    Several ranges in one request are answered with the whole file, as the RFC allows.

    Raises:
        Problem: `bad_range`, nothing of the file lies in the range asked for.
    """
    size, tag = status.st_size, f'"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"'
    headers = {
        hdrs.ETAG: tag,
        hdrs.LAST_MODIFIED: formatdate(status.st_mtime, usegmt=True),
        hdrs.ACCEPT_RANGES: "bytes",
        hdrs.CACHE_CONTROL: "private, no-cache",
    }
    if tag in request.headers.get(hdrs.IF_NONE_MATCH, ""):
        return web.Response(status=304, headers=headers)
    start, end = 0, size
    wanted = request.headers.get(hdrs.RANGE) if request.headers.get(hdrs.IF_RANGE, tag) == tag else None
    chosen = parse_range(wanted, size) if wanted else None
    if chosen is not None:
        start, end = chosen
        headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{end - 1}/{size}"
    response = web.StreamResponse(status=200 if chosen is None else 206, headers=headers)
    response.content_type = content_type
    response.content_length = end - start
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD:
        await _copy(response, descriptor, start, end)
    await response.write_eof()
    return response


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """First byte and the byte after the last one, or None where the header is to be ignored.

    Raises:
        Problem: `bad_range`, the range is well formed but lies outside the file.
    """
    unit, _, spec = header.partition("=")
    first, dash, last = spec.strip().partition("-")
    if unit.strip().lower() != "bytes" or not dash or not (first + last).isascii() or not (first + last).isdigit():
        return None
    if len(first) > 19 or len(last) > 19:
        return None
    start, end = (int(first), int(last) + 1 if last else size) if first else (max(0, size - int(last)), size)
    if first and last and int(last) < int(first):
        return None
    if start >= size:
        raise Problem(416, "bad_range", {hdrs.CONTENT_RANGE: f"bytes */{size}"})
    return start, min(end, size)


async def _copy(response: web.StreamResponse, descriptor: int, start: int, end: int) -> None:
    """Block by block, each read on a thread: a slow disk delays this download only."""
    while start < end:
        block = await asyncio.to_thread(os.pread, descriptor, min(BLOCK, end - start), start)
        if not block:
            raise ConnectionResetError
        await response.write(block)
        start += len(block)
