"""The writer's disk: a thread that makes files durable, and the rule for when there is too little room."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from server.recording.tracks import TrackFile


class Syncer:
    """Syncs files that were written to, every `every_s`, in a thread of its own; closes those that are done.

    A disk that stalls stalls this thread only. `failed` is called from it with the disk's error.
    """

    def __init__(self, folder: Path, every_s: float, failed: Callable[[OSError], None]) -> None:
        self._every_s = every_s
        self._failed = failed
        self._directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._files: list[TrackFile] = []
        self._new_names = False
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        self._thread.start()

    def add(self, file: TrackFile) -> None:
        """Takes care of a new file and its name."""
        with self._lock:
            self._files.append(file)
            self._new_names = True

    def close(self) -> None:
        """Syncs everything once more and closes all files."""
        self._stopping.set()
        self._thread.join()
        self._pass()
        for file in self._files:
            os.close(file.descriptor)
        os.close(self._directory)

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            self._pass()

    def _pass(self) -> None:
        with self._lock:
            files = list(self._files)
            new_names, self._new_names = self._new_names, False
        for file in files:
            done = file.done
            if file.dirty:
                file.dirty = False
                self._attempt(os.fdatasync, file.descriptor)
            if done:
                with self._lock:
                    self._files.remove(file)
                os.close(file.descriptor)
        if new_names:
            self._attempt(os.fsync, self._directory)

    def _attempt(self, sync: Callable[[int], None], descriptor: int) -> None:
        try:
            sync(descriptor)
        except OSError as error:
            self._failed(error)
