"""The television: the lesson full screen, in a thread of its own so that drawing never delays the network."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Final

from classroom_client.painter import Painter
from classroom_client.scene import DisplayError, Scene
from classroom_client.sdl import sdl2
from classroom_client.slots import Slots

FPS: Final = 30
STOPPED_WITHIN_S: Final = 3.0
_HAND_KEYS: Final = (
    sdl2.SDLK_SPACE, sdl2.SDLK_RETURN, sdl2.SDLK_KP_ENTER, sdl2.SDLK_h, sdl2.SDLK_UP, sdl2.SDLK_SELECT,
)  # fmt: skip


class Screen:
    """One full-screen window. raise_hand: called from the screen's thread when the hand's key is pressed."""

    def __init__(self, scene: Scene, slots: Slots, raise_hand: Callable[[], None]) -> None:
        self._scene = scene
        self._slots = slots
        self._raise_hand = raise_hand
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._error: str | None = None
        self.size = (0, 0)
        """Width and height, pixels; known once it is started."""
        self._thread = threading.Thread(target=self._run, name="screen", daemon=True)

    def start(self) -> None:
        """Opens the window.

        Raises:
            DisplayError: SDL finds no display.
        """
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise DisplayError(self._error)

    def show(self, scene: Scene) -> None:
        """What is to be shown from now on; called from any thread."""
        self._scene = scene

    def stop(self) -> None:
        """Closes the window; does not wait for a display that hangs."""
        self._stop.set()
        self._thread.join(STOPPED_WITHIN_S)

    def _run(self) -> None:
        painter = None
        try:
            painter = Painter()
            self.size = painter.size
        except DisplayError as error:
            self._error = str(error)
        self._ready.set()
        if painter is None:
            return
        try:
            while not self._stop.is_set():
                began_s = time.monotonic()
                self._handle_events()
                painter.paint(self._scene, self._slots, began_s)
                self._stop.wait(max(0.0, 1 / FPS - (time.monotonic() - began_s)))
        finally:
            painter.close()

    def _handle_events(self) -> None:
        event = sdl2.SDL_Event()
        while sdl2.SDL_PollEvent(ctypes.byref(event)):
            if event.type == sdl2.SDL_KEYDOWN and not event.key.repeat and event.key.keysym.sym in _HAND_KEYS:
                self._raise_hand()
