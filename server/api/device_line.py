"""The line of a device: a socket on which it reports, once its first report was answered as a request.

A request takes the server twice as long as a message does. What a report is, what is asked of who makes it and
what is answered are the same either way (`device_reports`): the key is looked up again for each one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from server.api.auth import set_cookie
from server.api.device_reports import answer_to
from server.api.device_trials import device_only
from server.api.origins import COOKIE, check_origin
from server.api.problems import Problem
from server.api.registry import Call, Endpoint
from server.devices.measurements import Health
from server.devices.readiness import HEARD_WITHIN_MS
from server.permissions import allows
from server.store.credentials import due_for_renewal
from server.store.errors import StoreError

REPORT_BYTES: Final = 4096
BEHIND_BYTES: Final = 16 * 1024
"""Who has left so many bytes of answers unread is not there any more, or does not want them."""
CLOSING_WITHIN_S: Final = 2.0
LINES: web.AppKey[set[asyncio.Transport]] = web.AppKey("device_lines", set[asyncio.Transport])
"""The lines that are open."""

_REPORT = msgspec.json.Decoder(Health)
_Socket = web.WebSocketResponse[bool]


async def line(call: Call) -> web.StreamResponse:
    """The whole life of one line."""
    device_only(call)
    request = call.request
    check_origin(call.services.origins, request)
    socket: _Socket = web.WebSocketResponse(
        timeout=CLOSING_WITHIN_S, compress=False, max_msg_size=REPORT_BYTES, decode_text=False
    )
    if not socket.can_prepare(request):
        raise Problem(426, "socket_only", {"Upgrade": "websocket"})
    if call.caller.prolonged:
        secure = call.services.authenticator.is_secure(request)
        set_cookie(socket, "device", request.cookies[COOKIE], secure=secure)
    await socket.prepare(request)
    transport = cast(asyncio.Transport, request.transport)
    lines = request.app[LINES]
    lines.add(transport)
    patience = Patience(HEARD_WITHIN_MS / 1000, transport.abort)
    try:
        await socket.close(code=await _take_reports(socket, transport, patience, call))
    finally:
        patience.end()
        lines.discard(transport)
    return socket


class Patience:
    """Ends what was silent for `within_s`. A sign of life costs no timer: the one there is looks back when it fires."""

    def __init__(self, within_s: float, end: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._within_s, self._end = within_s, end
        self._heard_s = self._loop.time()
        self._timer = self._loop.call_later(within_s, self._look)

    def heard(self) -> None:
        """A sign of life."""
        self._heard_s = self._loop.time()

    def end(self) -> None:
        """Nothing is waited for any more."""
        self._timer.cancel()

    def _look(self) -> None:
        due_s = self._heard_s + self._within_s
        if due_s <= self._loop.time():
            self._end()
        else:
            self._timer = self._loop.call_at(due_s, self._look)


async def hang_up(app: web.Application) -> None:
    """For `app.on_shutdown`: nobody waits for a last word, every device comes back by itself."""
    lines = app[LINES]
    for transport in list(lines):
        transport.abort()


async def _take_reports(socket: _Socket, transport: asyncio.Transport, patience: Patience, call: Call) -> WSCloseCode:
    """Answers reports until there are no more; why it ends. What must be said of a refusal is said to a request."""
    while True:
        try:
            message = await socket.receive()
            if message.type is not WSMsgType.TEXT:
                return WSCloseCode.OK if socket.closed else WSCloseCode.UNSUPPORTED_DATA
            patience.heard()
            if transport.get_write_buffer_size() > BEHIND_BYTES:
                return WSCloseCode.POLICY_VIOLATION
            answer = await _answer(call, cast(bytes, message.data))
            if answer is None:
                return WSCloseCode.POLICY_VIOLATION
            await socket.send_frame(answer, WSMsgType.TEXT)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return WSCloseCode.INVALID_TEXT
        except StoreError:
            return WSCloseCode.TRY_AGAIN_LATER
        except ConnectionError:
            return WSCloseCode.GOING_AWAY


async def _answer(call: Call, content: bytes) -> bytes | None:
    """The answer to one report, or None for whose key has ended; or is to be prolonged, which takes a cookie.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError: it is none.
        StoreError: the store had to be asked and did not answer.
    """
    services, held = call.services, call.caller.credential
    report, now_ms = _REPORT.decode(content), services.clock()
    if due_for_renewal(held, now_ms):
        return None
    found = await services.store.credentials.find_hashed(held.hash, now_ms)
    if found is None or not allows(found[1].roles, "devices.report"):
        return None
    return msgspec.json.encode(await answer_to(services, found[0], report))


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/devices/line",
        "A WebSocket for a device's reports",
        line,
        action="devices.report",
        problems=((403, "origin_refused"), (426, "socket_only")),
    ),
)
