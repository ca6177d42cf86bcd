"""The server says on the link that it is here, and a classroom's box without an address finds it, and only it."""

from __future__ import annotations

import asyncio

import pytest
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from classroom_client.discovery import SERVICE, servers
from server.announcement import Announcement, tellable

HERE = "127.0.0.1"


@pytest.mark.media
async def test_a_box_finds_the_server_of_its_link_and_not_a_printer() -> None:
    printer = AsyncZeroconf(interfaces=[HERE])
    page = AsyncServiceInfo(SERVICE, f"Printer.{SERVICE}", parsed_addresses=[HERE], port=443, server="printer.local.")
    await (await printer.async_register_service(page))
    telling = asyncio.create_task(Announcement("tongke-test.local", 58443, lambda: [HERE]).run())
    try:
        found: list[str] = []
        while f"https://{HERE}:58443" not in found:
            found = await servers(0.5, [HERE])
        assert not [address for address in found if address.endswith(":443")]
    finally:
        telling.cancel()
        await asyncio.wait([telling])
        await printer.async_close()


def test_only_private_addresses_of_the_link_are_told() -> None:
    own = ["10.20.0.5", "203.0.113.9", "8.8.8.8", "192.168.1.2", "fd00::5", "2001:db8::1"]
    told = tellable(own)
    assert "8.8.8.8" not in told
    assert [one for one in told if one in ("10.20.0.5", "192.168.1.2")] == ["10.20.0.5", "192.168.1.2"]
    assert not [one for one in told if ":" in one]
