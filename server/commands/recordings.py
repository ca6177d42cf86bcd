"""`tongke recordings list|verify|repair|export`: puts into words or JSON what server.recording.commands finds."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from server.commands.noted import note
from server.commands.table import duration, size, table
from server.config import Config, load
from server.exits import DATA, IO_ERROR, NO_INPUT, OK, PROBLEMS, explain
from server.recording import commands
from server.recording.commands import CommandFailed
from server.texts import Texts

_CODES = {"not_found": NO_INPUT, "recording": DATA, "exists": DATA, "disk_error": IO_ERROR}


def run(given: argparse.Namespace, texts: Texts) -> int:
    """Does what `given.verb` says; returns the exit code."""
    verbs: dict[str, Callable[[argparse.Namespace, Config, Texts], int]] = {
        "list": _list,
        "verify": _verify,
        "repair": _repair,
        "export": _export,
    }
    try:
        config = load({"data_dir": given.data}, os.environ, given.config).config
        if not config.data_dir.is_dir():
            print(f"tongke: {texts('error.no_data', path=config.data_dir)}", file=sys.stderr)
            return NO_INPUT
        return verbs[given.verb](given, config, texts)
    except CommandFailed as failure:
        print(f"tongke: {texts(f'recordings.failed.{failure.code}', subject=failure.subject)}", file=sys.stderr)
        return _CODES.get(failure.code, PROBLEMS)
    except Exception as error:
        return explain(error, texts)


def _list(given: argparse.Namespace, config: Config, texts: Texts) -> int:
    found = commands.list_recordings(config.data_dir)
    if given.json:
        return _json(found)
    if not found:
        print(texts("recordings.none"))
        return OK
    columns = ("id", "started", "title", "duration", "size", "tracks", "state")
    rows = [
        (
            entry.id,
            _moment(entry.started),
            entry.title,
            duration(entry.duration_ms),
            size(entry.bytes),
            str(entry.tracks),
            texts(f"recordings.state.{entry.state}"),
        )
        for entry in found
    ]
    print(table([texts(f"recordings.column.{name}") for name in columns], rows))
    return OK


def _verify(given: argparse.Namespace, config: Config, texts: Texts) -> int:
    checked = [entry for one in _each(given.ids) for entry in commands.verify(config.data_dir, one)]
    whole = all(entry.ok for entry in checked)
    if given.json:
        return _json(checked, OK if whole else PROBLEMS)
    for entry in checked:
        print(texts("recordings.whole" if entry.ok else "recordings.not_whole", id=entry.id))
        for problem in entry.problems:
            print(f"  {_words(texts, problem)}")
        for file in entry.files:
            if not file.ok:
                print(f"  {file.file}: {', '.join(_words(texts, problem) for problem in file.problems)}")
    if not checked:
        print(texts("recordings.none"))
    return OK if whole else PROBLEMS


def _repair(given: argparse.Namespace, config: Config, texts: Texts) -> int:
    first = note(config, "recordings.change", "changed", "repair_recording")
    done = [entry for one in _each(given.ids) for entry in commands.repair(config.data_dir, one, first)]
    if given.json:
        return _json(done)
    for entry in done:
        key = "recordings.repaired" if entry.files else "recordings.nothing_to_repair"
        print(texts(key, id=entry.id, files=len(entry.files)))
        for file in entry.files:
            words = "recordings.file_unreadable" if file.unreadable else "recordings.file_repaired"
            print("  " + texts(words, file=file.file, duration=duration(file.duration_ms), removed=size(file.removed)))
    if not done:
        print(texts("recordings.none"))
    return OK


def _export(given: argparse.Namespace, config: Config, texts: Texts) -> int:
    first = note(config, "recordings.watch", "seen", "export_recording")
    done = commands.export(config.data_dir, given.ids[0], given.to.absolute(), first)
    if given.json:
        return _json(done)
    print(texts("recordings.exported", id=done.id, files=len(done.files), size=size(done.bytes), path=done.path))
    return OK


def _moment(rfc3339: str) -> str:
    """On this machine's clock, as other commands of the machine tell the time."""
    return datetime.fromisoformat(rfc3339).astimezone().strftime("%Y-%m-%d %H:%M")


def _each(ids: Sequence[str]) -> Sequence[str | None]:
    """One call for each id, or one for all of them."""
    return ids or [None]


def _words(texts: Texts, problem: str) -> str:
    return texts.get(f"recordings.problem.{problem}") or problem


def _json(value: Any, code: int = OK) -> int:
    print(msgspec.json.format(msgspec.json.encode(value)).decode())
    return code
