"""Tests that mount: as root directly, as anybody else in a namespace of their own, where they are root."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def with_mounts(test: Callable[..., Any]) -> Callable[..., Any]:
    """The test itself for root; for others one that runs it in a new user and mount namespace (unshare(1))."""
    if os.geteuid() == 0:
        return test

    def in_a_namespace(request: pytest.FixtureRequest, tmp_path: Path) -> None:
        options = ["-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'inside'}"]
        done = subprocess.run(
            ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-m", "pytest", *options,
             request.node.nodeid],
            cwd=request.config.rootpath, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    in_a_namespace.__name__, in_a_namespace.__doc__ = test.__name__, test.__doc__
    return in_a_namespace


@contextmanager
def small(folder: Path, size: str) -> Iterator[None]:
    """`folder` is a file system of its own with `size` (of mount's tmpfs: "3m") and nothing in it."""
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """Nothing at or below `path` can be written, by anybody."""
    _mount("--bind", str(path), str(path))
    try:
        _mount("-o", "remount,bind,ro", str(path))
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
