"""The loudspeaker: SDL's audio queue, kept short."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import structlog

from classroom_client.echo import Played
from classroom_client.playout import RATE_HZ
from classroom_client.sdl import sdl2

log = structlog.get_logger(__name__)

BLOCK: Final = RATE_HZ // 50
QUEUED_S: Final = 0.06
REOPEN_S: Final = 2.0

Samples = np.ndarray[Any, np.dtype[np.float32]]


class Loudspeaker:
    """Plays what `pull(count)` gives, and tells `played`; opens the device again for ever when it goes away."""

    def __init__(self, pull: Callable[[int], Samples], played: Played) -> None:
        self._pull = pull
        self._played = played

    async def run(self) -> None:
        """Plays until cancelled."""
        if sdl2.SDL_InitSubSystem(sdl2.SDL_INIT_AUDIO) != 0:
            log.warning("no sound system", error=sdl2.SDL_GetError().decode())
            return
        try:
            while True:
                device = _open()
                if device == 0:
                    log.warning("loudspeaker not opened", error=sdl2.SDL_GetError().decode())
                    await asyncio.sleep(REOPEN_S)
                    continue
                try:
                    await self._play(device)
                finally:
                    sdl2.SDL_CloseAudioDevice(device)
        finally:
            sdl2.SDL_QuitSubSystem(sdl2.SDL_INIT_AUDIO)

    async def _play(self, device: int) -> None:
        """Keeps QUEUED_S of sound before the device, until it stops."""
        sdl2.SDL_PauseAudioDevice(device, 0)
        while sdl2.SDL_GetAudioDeviceStatus(device) == sdl2.SDL_AUDIO_PLAYING:
            while sdl2.SDL_GetQueuedAudioSize(device) < QUEUED_S * RATE_HZ * 4:
                block = np.ascontiguousarray(self._pull(BLOCK), np.float32)
                if sdl2.SDL_QueueAudio(device, block.ctypes.data_as(ctypes.c_void_p), block.nbytes) != 0:
                    return
                self._played.put(block)
            await asyncio.sleep(BLOCK / RATE_HZ / 2)


def _open() -> int:
    wanted = sdl2.SDL_AudioSpec(RATE_HZ, sdl2.AUDIO_F32SYS, 1, 1024)
    device: int = sdl2.SDL_OpenAudioDevice(None, 0, ctypes.byref(wanted), None, 0)
    return device
