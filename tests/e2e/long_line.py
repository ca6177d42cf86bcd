"""A long way to a server's web port: all that is said over it takes its time each way."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

AT_ONCE = 65_536


@contextlib.contextmanager
def long_way_to(port: int, each_way_s: float) -> Iterator[int]:
    """A port whose connections go on to `port`, every byte of them `each_way_s` later."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="long way", daemon=True)
    thread.start()
    way = asyncio.run_coroutine_threadsafe(_listen(port, each_way_s), loop).result(10)
    try:
        yield way.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_close(way), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _listen(port: int, each_way_s: float) -> asyncio.Server:
    async def connected(near_reads: asyncio.StreamReader, near_writes: asyncio.StreamWriter) -> None:
        reads, writes = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.TaskGroup() as both_ways:
            both_ways.create_task(_carry(near_reads, writes, each_way_s))
            both_ways.create_task(_carry(reads, near_writes, each_way_s))

    return await asyncio.start_server(connected, "0.0.0.0", 0)


async def _carry(reads: asyncio.StreamReader, writes: asyncio.StreamWriter, after_s: float) -> None:
    """Carries one direction to its end; whichever end breaks off, the other hears of it."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError):
        while data := await reads.read(AT_ONCE):
            loop.call_later(after_s, writes.write, data)
        await asyncio.sleep(2 * after_s)
    writes.close()


async def _close(way: asyncio.Server) -> None:
    way.close()
    mine = asyncio.current_task()
    for task in asyncio.all_tasks():
        if task is not mine:
            task.cancel()
    await asyncio.sleep(0)
