"""`tongke config print`: the configuration in force, as TOML, and who set each value."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from server.config import Effective, load
from server.exits import OK, explain
from server.texts import Texts

_PASSWORD = re.compile(r"(://[^/@:]*:)[^/@]*@")


def show(flags: Mapping[str, Any], file: Path | None, texts: Texts, *, as_json: bool) -> int:
    """Prints every key; the TOML is itself a configuration file."""
    try:
        effective = load(flags, os.environ, file)
    except Exception as error:
        return explain(error, texts)
    print(_as_json(effective) if as_json else as_toml(effective, texts))
    return OK


def as_toml(effective: Effective, texts: Texts) -> str:
    """One table a section; behind each value, where it comes from."""
    lines: list[str] = []
    section = ""
    for key, value in effective.values.items():
        table, _, name = key.rpartition(".")
        if table != section:
            lines += ["", f"[{table}]"]
            section = table
        origin = texts(f"config.from_{effective.origins[key]}")
        lines.append(f"{name} = {_toml(value)}  # {origin}")
    return "\n".join(lines)


def _as_json(effective: Effective) -> str:
    values = {
        key: {"value": _plain(value), "origin": effective.origins[key]} for key, value in effective.values.items()
    }
    return msgspec.json.format(msgspec.json.encode(values)).decode()


def _plain(value: Any) -> Any:
    """A password in an address is not shown."""
    if isinstance(value, str):
        return _PASSWORD.sub(r"\1***@", value)
    return str(value) if isinstance(value, Path) else value


def _toml(value: Any) -> str:
    """JSON's scalars and arrays are TOML's."""
    return msgspec.json.encode(_plain(value)).decode()
