"""Asking whether the server still takes our media (RFC 7675), also on a line with a long way.

aioice waits half a second for each answer. Where a round trip takes longer, every answer comes too late, and it closes
a connection that works after half a minute. Uses `Connection._nominated` and `_query_consent_task` (aioice 0.13).
"""

from __future__ import annotations

import asyncio
import random
from typing import Final

from aioice.ice import Connection
from aioice.stun import TransactionError

EVERY_S: Final = 5.0
MORE_TIMES: Final = 2
"""A check that has no answer is sent again after 0.5 and 1.5 s, and given up after 3.5 s: so long a round trip may
take. Within half a second there is one packet, as without this."""
MOST_FAILED: Final = 4
"""In a row: 30 s or a little more without an answer, as section 5.1 wants it."""


async def keep(ice: Connection) -> None:
    """In place of the connection's own `query_consent`: until it is closed, or consent is gone, which closes it."""
    failed = 0
    while failed < MOST_FAILED:
        await asyncio.sleep(EVERY_S * random.uniform(0.8, 1.2))  # noqa: S311  # so that many do not ask at once
        failed = 0 if await _asked(ice) else failed + 1
    ice._query_consent_task = None
    await ice.close()


async def _asked(ice: Connection) -> bool:
    """Whether an answer came."""
    assert ice.remote_password is not None
    for pair in tuple(ice._nominated.values()):
        request = ice.build_request(pair, nominate=False)
        try:
            await pair.protocol.request(
                request, pair.remote_addr, integrity_key=ice.remote_password.encode(), retransmissions=MORE_TIMES
            )
        except TransactionError:
            return False
    return True
