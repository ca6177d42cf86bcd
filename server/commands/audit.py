"""`tongke audit verify`: reads the whole audit log and names every row that is not as it was written."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

import msgspec

from server.config import Config, load
from server.exits import NO_INPUT, OK, PROBLEMS, USAGE, explain
from server.store.audit import Verdict, head
from server.store.store import is_there, open_store
from server.texts import Texts


def run(given: argparse.Namespace, texts: Texts) -> int:
    """Prints what was found; returns 1 if anything was tampered with."""
    try:
        config = load({"data_dir": given.data}, os.environ, given.config).config
        if not is_there(config.data_dir, config.store.url):
            print(f"tongke: {texts('error.no_data', path=config.data_dir)}", file=sys.stderr)
            return NO_INPUT
        number, _, digest = (given.since or "0:").partition(":")
        if not number.isdigit() or (given.since and len(digest) != 64):
            print(f"tongke: {texts('audit.bad_head')}", file=sys.stderr)
            return USAGE
        verdict, same = asyncio.run(_verify(config, int(number), given.since))
    except Exception as error:
        return explain(error, texts)
    _print(verdict, same, given, texts)
    return OK if same and not verdict.broken else PROBLEMS


async def _verify(config: Config, number: int, since: str | None) -> tuple[Verdict, bool]:
    """What is found, and whether the row `since` names is still the same."""
    store = await open_store(config.data_dir, config.store.url)
    try:
        verdict = await store.audit.verify()
        if since is None:
            return verdict, True
        rows = await store.audit.page(before=number + 1, limit=1)
        return verdict, bool(rows) and head(rows[0]) == since
    finally:
        await store.close()


def _print(verdict: Verdict, same: bool, given: argparse.Namespace, texts: Texts) -> None:
    if given.json:
        found = msgspec.to_builtins(verdict) | {"same_since": same}
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    for broken in verdict.broken:
        print(texts(f"audit.fault.{broken.fault}", number=broken.number))
    if not same:
        print(texts("audit.rewritten", head=given.since))
    whole = same and not verdict.broken
    print(texts("audit.whole" if whole else "audit.not_whole", rows=verdict.rows))
    print(texts("audit.head", head=verdict.head))
