"""`tongke import FILE` and `tongke export TO`: a county's tables from the command line."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from server.audit.chain import Entry
from server.commands.table import table
from server.config import load
from server.exchange import limits
from server.exchange.desk import Faulty, Outdated, Upload, carry_out, preview
from server.exchange.exporting import Exporter
from server.exchange.loading import load as load_county
from server.exchange.packing import Pages
from server.exchange.sheets import BadFile
from server.exchange.tables import COLUMNS
from server.exchange.telling import ImportPreview, tell
from server.exchange.vocabulary import PART, Vocabulary
from server.exchange.workbench import Workbench
from server.exits import DATA, NO_INPUT, OK, PROBLEMS, TRY_LATER, explain
from server.store import schema
from server.store.store import Store, is_there, open_store
from server.texts import Texts

COUNTS = ("new", "changed", "unchanged", "removed", "faulty")
Verb = Callable[[argparse.Namespace, Texts, Store, str], Awaitable[int]]


def run_import(given: argparse.Namespace, texts: Texts) -> int:
    """Shows what the file would change and writes it, unless something is faulty or it is only to be looked at."""
    return _run(given, texts, _import)


def run_export(given: argparse.Namespace, texts: Texts) -> int:
    """Writes all tables into one workbook, or with the ending .zip into CSV files."""
    return _run(given, texts, _export)


def _run(given: argparse.Namespace, texts: Texts, verb: Verb) -> int:
    try:
        return asyncio.run(_with_store(given, texts, verb))
    except BadFile as bad:
        print(f"tongke: {Texts(texts.language, PART)(f'file.{bad.code}', **bad.values)}", file=sys.stderr)
        return DATA
    except (Outdated, Faulty) as refused:
        print(f"tongke: {texts(f'problem.{refused.code}.detail')}", file=sys.stderr)
        return TRY_LATER if isinstance(refused, Outdated) else DATA
    except OSError as error:
        print(f"tongke: {texts('exchange.file', path=error.filename, detail=error.strerror)}", file=sys.stderr)
        return NO_INPUT
    except Exception as error:
        return explain(error, texts)


async def _with_store(given: argparse.Namespace, texts: Texts, verb: Verb) -> int:
    config = load({"data_dir": given.data}, os.environ, given.config).config
    if not is_there(config.data_dir, config.store.url):
        print(f"tongke: {texts('error.no_data', path=config.data_dir)}", file=sys.stderr)
        return NO_INPUT
    store = await open_store(config.data_dir, config.store.url)
    try:
        query = select(schema.county.c.id, schema.county.c.name)
        counties = await store.database.read(lambda c: [(str(row.id), str(row.name)) for row in c.execute(query)])
        chosen = [one for one, name in counties if given.county in (None, one, name)]
        if len(chosen) != 1:
            code = "which_county" if counties else "no_county"
            names = ", ".join(name for _, name in counties)
            print(f"tongke: {texts(f'accounts.{code}', names=names)}", file=sys.stderr)
            return NO_INPUT
        return await verb(given, texts, store, chosen[0])
    finally:
        await store.close()


async def _import(given: argparse.Namespace, texts: Texts, store: Store, county_id: str) -> int:
    upload = Upload(name=given.file.name, content=await asyncio.to_thread(_content, given.file), whole=given.whole)
    bench, words = Workbench(), Texts(texts.language, PART)
    found = await preview(store, bench, county_id, upload, _now_ms())
    shown = tell(found.token, found.judged, words)
    written = None
    if shown.ready and not given.dry_run:
        entry = Entry(
            _now_ms(), "", "operator", "county.change", "changed", f"import:{found.token[:16]}", code="import_file"
        )
        await store.audit.append([entry])
        _, written = await carry_out(store, bench, county_id, upload, found.token, _now_ms())
    if given.json:
        told = msgspec.to_builtins(shown) | {"written": msgspec.to_builtins(written)}
        print(_json(told))
    else:
        _print(shown, texts)
        if shown.unnamed:
            print(texts("exchange.unnamed", rows=shown.unnamed))
        print(texts(f"exchange.{_verdict(shown, given.dry_run)}", faulty=shown.faulty))
    return PROBLEMS if shown.faulty else OK


def _verdict(shown: ImportPreview, dry_run: bool) -> str:
    if shown.faulty:
        return "faulty"
    if not shown.ready:
        return "same"
    return "would" if dry_run else "done"


def _print(shown: ImportPreview, texts: Texts) -> None:
    rows = [[one.name, *(str(getattr(one, count)) for count in COUNTS)] for one in shown.tables]
    print(table([texts("exchange.table"), *(texts(f"exchange.column.{count}") for count in COUNTS)], rows))
    for fault in shown.faults:
        place = texts("exchange.place", sheet=fault.sheet, row=fault.row, column=fault.column)
        print(f"{place} {fault.words}")


async def _export(given: argparse.Namespace, texts: Texts, store: Store, county_id: str) -> int:
    snapshot = await store.database.read(lambda c: load_county(c, county_id, _now_ms()))
    exporter = Exporter(snapshot, Vocabulary(), texts.language)
    pages = Pages([exporter.page(name) for name in COLUMNS], "csv" if given.to.suffix == ".zip" else "xlsx")
    content = await Workbench().pack(pages)
    entry = Entry(_now_ms(), "", "operator", "county.read", "seen", "export:county", code="export_table")
    await store.audit.append([entry])
    await asyncio.to_thread(given.to.write_bytes, content)
    print(texts("exchange.exported", path=given.to, tables=len(pages.pages)))
    return OK


def _content(path: Path) -> bytes:
    """The file, if it is not too large to be one.

    Raises:
        BadFile: `too_large`.
        OSError: it cannot be read.
    """
    if path.stat().st_size > limits.FILE_BYTES:
        raise BadFile("too_large", most=str(limits.FILE_BYTES // 2**20))
    return path.read_bytes()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value)).decode()
