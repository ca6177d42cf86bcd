"""`tongke links`: what to open, with fresh tokens, while the server runs or before."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from server import certificates
from server.config import Config, load
from server.data_dir import TLS, Running, is_held, read_running
from server.exits import NO_INPUT, OK, explain
from server.links import Links, make_links
from server.printing import as_text
from server.store.store import is_there, open_store
from server.texts import Texts


def run(flags: Mapping[str, Any], file: Path | None, texts: Texts, *, as_json: bool) -> int:
    """Prints the links of every lesson that is live or may be started."""
    try:
        config = load(flags, os.environ, file).config
        if not is_there(config.data_dir, config.store.url):
            print(f"tongke: {texts('error.no_data', path=config.data_dir)}", file=sys.stderr)
            return NO_INPUT
        links = asyncio.run(_make(config))
    except Exception as error:
        return explain(error, texts)
    print(msgspec.json.format(msgspec.json.encode(links)).decode() if as_json else as_text(links))
    return OK


async def _make(config: Config) -> Links:
    store = await open_store(config.data_dir, config.store.url)
    try:
        running = read_running(config.data_dir) if is_held(config.data_dir) else None
        now = datetime.now(UTC)
        fingerprint = ""
        if config.https.enabled and (config.data_dir / TLS / "ca.crt").exists():
            fingerprint = certificates.fingerprint(config.data_dir / TLS)
        authority = str(config.data_dir / TLS / "ca.crt")
        return await make_links(
            store, running or _expected(config), authority, fingerprint, int(now.timestamp() * 1000)
        )
    finally:
        await store.close()


def _expected(config: Config) -> Running:
    """Where the server will be once it is started with this configuration."""
    from server.addresses import own_addresses

    return Running(
        pid=0,
        http_hosts=[config.http.host],
        http_port=config.http.port,
        https_port=config.https.port if config.https.enabled else None,
        media_port=config.media.port,
        addresses=[*config.media.public_addresses, *own_addresses()],
        public_origins=list(config.web.public_origins),
    )
