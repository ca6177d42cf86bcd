"""The load generator: load.c, compiled at run time against libsrtp2, driven through ctypes."""

from __future__ import annotations

import asyncio
import ctypes
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.load.scripts import Script

SOURCE = Path(__file__).with_name("load.c")
BUILD = Path(__file__).parents[1] / "build"
LOAD_CORE = 1
SERVER_CORE = 0
SAMPLE = 8
"""Every so many packets a receiver decrypts one to read its age."""


class Result(ctypes.Structure):
    """What one run sent and received. Ages in microseconds, from before encryption at the sender to the receiver."""

    _fields_ = [
        (name, ctypes.c_double)
        for name in (
            "sent", "received", "gaps", "undecryptable", "control", "seconds", "sender_cpu_s", "receiver_cpu_s",
            "age_p50_us", "age_p95_us", "age_p99_us", "age_max_us", "ages",
        )
    ]  # fmt: skip


@dataclass(frozen=True)
class End:
    """One end of a connection that ICE and DTLS have made: its socket, the far address, and keys followed by salts."""

    fd: int
    to: tuple[str, int]
    send_key: bytes
    receive_key: bytes


def build() -> Path:
    """Compiles the generator where it is older than its source; needs gcc and libsrtp2-dev (Debian)."""
    BUILD.mkdir(exist_ok=True)
    library = BUILD / "load.so"
    if not library.exists() or library.stat().st_mtime < SOURCE.stat().st_mtime:
        command = ["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-lsrtp2", "-lpthread"]
        subprocess.run(command, check=True)
    return library


class Load:
    """The one generator of this process. Groups are lessons: a run drives a range of them."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(str(build()))
        self._library.load_run.argtypes = [
            ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_double, ctypes.c_int, ctypes.c_int,
            ctypes.POINTER(Result),
        ]  # fmt: skip
        self._scripts: dict[Script, int] = {}

    def add_sender(self, end: End, group: int, script: Script, ssrc: int, payload_type: int) -> None:
        """A track that plays `script` whenever its group runs."""
        number = self._library.load_add_sender(
            end.fd, group, self._script(script), end.to[0].encode(), end.to[1], end.send_key, ctypes.c_uint32(ssrc),
            payload_type,
        )  # fmt: skip
        if number < 0:
            raise RuntimeError("the load generator takes no more senders")

    def add_receiver(self, end: End, group: int) -> None:
        """A socket that is drained and counted whenever its group runs."""
        if self._library.load_add_receiver(end.fd, group, end.receive_key) < 0:
            raise RuntimeError("the load generator takes no more receivers")

    async def run(self, groups: range, seconds: float, script: Script | None = None) -> Result:
        """Drives the groups for so long, with `script` instead of their own; the event loop goes on meanwhile."""
        result = Result()
        number = -1 if script is None else self._script(script)
        arguments = (groups.start, groups.stop, number, seconds, SAMPLE, LOAD_CORE, ctypes.byref(result))
        await asyncio.to_thread(self._library.load_run, *arguments)
        return result

    def _script(self, script: Script) -> int:
        if script not in self._scripts:
            counts, sizes, at_ns = script.flat()
            self._scripts[script] = self._library.load_add_script(
                len(counts), (ctypes.c_int * len(counts))(*counts), (ctypes.c_int * len(sizes))(*sizes),
                (ctypes.c_long * len(at_ns))(*at_ns), ctypes.c_long(script.period_ns), int(script.video),
            )  # fmt: skip
        return self._scripts[script]
