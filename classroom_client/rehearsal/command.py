"""`tongke-classroom rehearse`: finds or starts a server, rehearses, prints the table, writes the JSON."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import UNSET
from rich.console import Console

from classroom_client.entry import EntryError
from classroom_client.rehearsal.conductor import Conductor, Plan
from classroom_client.rehearsal.failures import Code, Failure
from classroom_client.rehearsal.limits import Limits
from classroom_client.rehearsal.report import Load, Report, Totals
from classroom_client.rehearsal.sabotage import Sabotage
from classroom_client.rehearsal.table import show
from classroom_client.rehearsal.venue import (
    Venue,
    VenueError,
    read_links,
    started_server,
    venue_of_join_links,
    venue_of_links,
)
from classroom_client.rehearsal.weak_venue import behind_a_line
from classroom_client.rehearsal.worker import Told
from classroom_client.texts import Texts

EXIT_OK: Final = 0
EXIT_NOT_OK: Final = 1
EXIT_INTERRUPTED: Final = 130


@dataclass(frozen=True)
class Options:
    """The command line. Of data, links and join_links at most one is given; none: a server of its own."""

    lessons: int
    remotes: int
    seconds: float
    json_file: Path | None
    server: str | None
    data: Path | None
    links: Path | None
    join_links: list[str]
    pid: int | None
    ca: Path | None
    unchecked_on_loopback: bool
    sabotage: Sabotage
    line: str | None = None
    received: bool = False


def rehearse(options: Options, texts: Texts) -> int:
    """Runs the command; its exit code."""
    console, progress = Console(), Console(stderr=True)
    try:
        report = asyncio.run(_until_told(_rehearse(options, texts, progress)))
    except asyncio.CancelledError:
        return EXIT_INTERRUPTED
    show(report, texts, console)
    if not options.received:
        report = msgspec.structs.replace(report, received=UNSET)
    if options.json_file is not None:
        options.json_file.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    return EXIT_OK if report.ok else EXIT_NOT_OK


def say(failure: Failure, texts: Texts) -> str:
    """A failure in words, its code first."""
    values = dict(failure.values)
    if failure.code == "line_bar":
        values["what"] = texts(f"rehearse.bar.{values['measure']}")
        values["should"] = texts("rehearse.at_most" if values["relation"] == "<=" else "rehearse.at_least")
    return f"{failure.code}: " + texts(f"failure.{failure.code}", **values)


async def _rehearse(options: Options, texts: Texts, console: Console) -> Report:
    def progress(told: Told) -> None:
        changed = "line_good" if told.step == "line.good" else "line_weak"
        step = changed if told.step.startswith("line.") else told.step
        console.print(texts(f"rehearse.progress.{step}", lesson=(told.lesson or 0) + 1), highlight=False)

    plan = Plan(options.seconds, options.sabotage, options.ca, options.unchecked_on_loopback, Limits())
    try:
        async with await _venue(options) as venue:
            console.print(texts("rehearse.progress.venue", server=venue.server), highlight=False)
            return await Conductor(plan, venue, lambda failure: say(failure, texts), progress).run()
    except VenueError as error:
        known: tuple[Code, ...] = ("too_few_lessons", "no_namespaces", "no_relay")
        code: Code = next((code for code in known if code == error.code), "server_not_started")
        return _nothing(Failure(code, {"reason": error.code, "detail": error.detail}), texts)
    except EntryError as error:
        return _nothing(Failure("server_unreachable", {"reason": error.code, "detail": str(error)}), texts)


async def _until_told(rehearsal: Coroutine[Any, Any, Report]) -> Report:
    """Runs it; SIGTERM and SIGINT end it in order: its workers, and the server that was started for it."""
    task = asyncio.create_task(rehearsal)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task


async def _venue(options: Options) -> AbstractAsyncContextManager[Venue]:
    if options.line is not None:
        return behind_a_line(options.line, options.remotes)
    if options.join_links:
        return nullcontext(venue_of_join_links(options.join_links, options.pid))
    if options.links is not None or options.data is not None:
        if options.links is not None:
            document = await asyncio.to_thread(options.links.read_bytes)
        else:
            assert options.data is not None
            document = await read_links(options.data)
        return nullcontext(venue_of_links(document, options.server, options.lessons, options.remotes))
    return started_server(options.lessons, options.remotes)


def _nothing(failure: Failure, texts: Texts) -> Report:
    """The report of a rehearsal that could not begin."""
    return Totals([]).report(Load(), [say(failure, texts)])
