"""The socket on which this device reports once a report was answered: a request takes the server twice as long."""

from __future__ import annotations

from typing import Any, Final

import aiohttp

from classroom_client.entry import Door, session

ANSWER_WITHIN_S: Final = 8.0
ANSWER_BYTES: Final = 4096


class ReportLine:
    """One socket at a time, by one key. Whatever ends it, the next report is a request, and opens it again."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._key: str | None = None
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse[bool] | None = None

    async def open(self, key: str) -> None:
        """Opens it; where sockets do not get through, it stays closed."""
        await self.close()
        self._http, self._key = session(self._door, key), key
        try:
            path = "/api/devices/line"
            self._socket = await self._http.ws_connect(path, compress=0, max_msg_size=ANSWER_BYTES)
        except (aiohttp.ClientError, OSError, TimeoutError):
            await self.close()

    async def ask(self, report: dict[str, Any], key: str) -> str | None:
        """The server's answer; None where the line is not open, is another key's, or ends before it."""
        if self._socket is None or key != self._key:
            return None
        try:
            await self._socket.send_json(report)
            answer = await self._socket.receive(ANSWER_WITHIN_S)
        except (aiohttp.ClientError, OSError, TimeoutError):
            answer = None
        if answer is not None and answer.type is aiohttp.WSMsgType.TEXT:
            return str(answer.data)
        await self.close()
        return None

    async def close(self) -> None:
        """Drops it; nobody waits for a last word."""
        http, self._http, self._socket, self._key = self._http, None, None, None
        if http is not None:
            await http.close()
