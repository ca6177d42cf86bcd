"""How this classroom joins: one frozen record, built once from the command line, and handed down."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class FromCamera:
    """A V4L2 camera (`/dev/video0`) and an ALSA microphone (`default`, `hw:1`; None: without sound)."""

    device: str
    microphone: str | None


@dataclass(frozen=True)
class FromRtsp:
    """A network camera, with its own sound or an ALSA microphone."""

    url: str
    microphone: str | None


@dataclass(frozen=True)
class FromFile:
    """A media file, played in a loop."""

    file: Path


Pictures = FromCamera | FromRtsp | FromFile | None
"""Where picture and sound come from; None: this classroom only watches."""


@dataclass(frozen=True)
class JoinConfig:
    """Everything `join` can be told. token: of a join link; None when a key from an earlier time is to be used."""

    server: str
    token: str | None
    pictures: Pictures
    headless: bool
    screen: Literal["a", "b"]
    ca: Path | None
    unchecked_on_loopback: bool
    state: Path
    language: str


def state_dir(environ: Mapping[str, str]) -> Path:
    """Where keys are kept: the service manager's state directory, else this user's."""
    if environ.get("STATE_DIRECTORY"):
        return Path(environ["STATE_DIRECTORY"].split(":")[0])
    if sys.platform != "win32" and os.geteuid() == 0:
        return Path("/var/lib/tongke-classroom")
    base = environ.get("XDG_STATE_HOME")
    return Path(base) / "tongke-classroom" if base else Path.home() / ".local" / "state" / "tongke-classroom"
