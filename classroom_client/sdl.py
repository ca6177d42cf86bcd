"""SDL2 from the wheel that brings its own libraries; importing it says so on stderr, which nobody needs to read."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)
    import sdl2

__all__ = ["sdl2"]
