"""What SDL draws: pictures, board and words as textures of one full-screen window. Everything here is one thread's.

Pictures stay YUV: the planes of a decoded frame are a texture as they are. The board and the words are images that
change seldom.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from classroom_client.arrange import Box, Placed, arrange, fit, text_height
from classroom_client.ink import Paper, bgr
from classroom_client.lettering import lettering
from classroom_client.scene import DisplayError, Scene
from classroom_client.sdl import sdl2
from classroom_client.slots import Slots
from signaling.messages import BOARD_HEIGHT, BOARD_WIDTH

_GROUND: Final = (0x26, 0x30, 0x2A)
_INK: Final = (0xF4, 0xF6, 0xF4)
_SIGN: Final = (0x2E, 0x3C, 0xC0)
"""Blue, green, red."""
LABELS_MAX: Final = 64

Label = tuple[Any, int, int]
"""Texture, width, height."""


class Painter:
    """SDL's window, renderer and textures; everything here happens in one thread.

    Raises:
        DisplayError: SDL finds no display.
    """

    def __init__(self) -> None:
        if sdl2.SDL_InitSubSystem(sdl2.SDL_INIT_VIDEO) != 0:
            raise DisplayError(sdl2.SDL_GetError().decode())
        flags = sdl2.SDL_WINDOW_FULLSCREEN_DESKTOP | sdl2.SDL_WINDOW_ALLOW_HIGHDPI
        self._window = sdl2.SDL_CreateWindow(b"Tongke", 0, 0, 1280, 720, flags)
        self._renderer = sdl2.SDL_CreateRenderer(self._window, -1, 0) if self._window else None
        if not self._renderer:
            raise DisplayError(sdl2.SDL_GetError().decode())
        sdl2.SDL_ShowCursor(sdl2.SDL_DISABLE)
        self._videos: dict[int, tuple[Any, tuple[int, int], object]] = {}
        self._labels: dict[tuple[str, int, tuple[int, int, int], int], Label] = {}
        self._paper: Paper | None = None
        self._board: tuple[Any, object] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the screen, pixels."""
        width, height = ctypes.c_int(), ctypes.c_int()
        sdl2.SDL_GetRendererOutputSize(self._renderer, ctypes.byref(width), ctypes.byref(height))
        return width.value, height.value

    def paint(self, scene: Scene, slots: Slots, now_s: float) -> None:
        """Draws the whole screen and shows it."""
        width, height = self.size
        arrangement = arrange(scene.view, width, height)
        self._fill(Box(0, 0, width, height), _GROUND)
        if arrangement.board is not None:
            self._paint_board(arrangement.board, scene)
        for placed in arrangement.seats:
            self._paint_seat(placed, scene, slots, now_s, text_height(height))
        if scene.headline:
            label = self._label(scene.headline, 2 * text_height(height), _GROUND, width)
            self._copy(label[0], Box(0, 0, *label[1:]))
        bottom = height
        for sign in scene.signs:
            texture, wide, high = self._label(sign, text_height(height), _SIGN, width)
            bottom -= high
            self._copy(texture, Box(width - wide, bottom, wide, high))
        sdl2.SDL_RenderPresent(self._renderer)

    def close(self) -> None:
        """Gives everything back."""
        sdl2.SDL_DestroyRenderer(self._renderer)
        sdl2.SDL_DestroyWindow(self._window)
        sdl2.SDL_QuitSubSystem(sdl2.SDL_INIT_VIDEO)

    def pixels(self) -> NDArray[np.uint8]:
        """What is drawn now, shape (height, width, 3), BGR."""
        width, height = self.size
        image = np.empty((height, width, 3), np.uint8)
        sdl2.SDL_RenderReadPixels(
            self._renderer, None, sdl2.SDL_PIXELFORMAT_BGR24, image.ctypes.data_as(ctypes.c_void_p), width * 3
        )
        return image

    def _upload(self, slot: int, picture: av.VideoFrame, key: object) -> None:
        """A decoded picture into the slot's texture; another size makes a new one."""
        if picture.format.name not in ("yuv420p", "yuvj420p"):
            picture = picture.reformat(format="yuv420p")
        size = (picture.width, picture.height)
        texture, had, _ = self._videos.get(slot, (None, (0, 0), None))
        if had != size:
            if texture is not None:
                sdl2.SDL_DestroyTexture(texture)
            texture = self._texture(sdl2.SDL_PIXELFORMAT_IYUV, size)
        planes: list[Any] = []
        for plane in picture.planes[:3]:
            planes += [ctypes.cast(plane.buffer_ptr, ctypes.POINTER(ctypes.c_uint8)), plane.line_size]
        sdl2.SDL_UpdateYUVTexture(texture, None, *planes)
        self._videos[slot] = (texture, size, key)

    def _paint_seat(self, placed: Placed, scene: Scene, slots: Slots, now_s: float, letters: int) -> None:
        """A seat's picture with its school's name; only what came for this very seat is shown."""
        number, box = placed.seat.slot, placed.box
        key = (placed.seat.participant, placed.seat.video)
        picture = slots.slots[number].pictures.pick(now_s)
        if picture is not None:
            self._upload(number, picture, key)
        texture, size, whose = self._videos.get(number, (None, (0, 0), None))
        if texture is not None and whose == key:
            self._copy(texture, fit(box, *size))
        name = scene.names.get(placed.seat.participant, "")
        if name:
            label, wide, high = self._label(name, letters, _GROUND, box.width)
            self._copy(label, Box(box.x, box.y + box.height - high, wide, high))

    def _paint_board(self, box: Box, scene: Scene) -> None:
        """The page; drawn anew only when it, an unfinished stroke or the laser has changed."""
        if self._paper is None or self._paper.pixels.shape[1] != box.width:
            self._paper = Paper(box.width, round(box.width * BOARD_HEIGHT / BOARD_WIDTH))
            self._board = None
        ground = None if scene.ground is None else (scene.ground.digest, scene.ground.quality)
        state = (scene.board_version, scene.unfinished, ground)
        if self._board is None or self._board[1] != state:
            self._paper.show(scene.objects, scene.ground)
            pixels = self._paper.with_unfinished(scene.unfinished)
            texture = self._board[0] if self._board is not None else self._bgr_texture(pixels)
            sdl2.SDL_UpdateTexture(texture, None, pixels.ctypes.data_as(ctypes.c_void_p), pixels.strides[0])
            self._board = (texture, state)
        self._copy(self._board[0], box)
        if scene.laser is not None:
            x, y, colour = scene.laser
            dot = max(6, box.width // 120)
            left, top = box.x + x * box.width // BOARD_WIDTH, box.y + y * box.width // BOARD_WIDTH
            self._fill(Box(left - dot // 2, top - dot // 2, dot, dot), bgr(colour))

    def _label(self, text: str, size: int, ground: tuple[int, int, int], widest: int) -> Label:
        """Words as a texture; those used before are kept."""
        key = (text, size, ground, widest)
        if key not in self._labels:
            if len(self._labels) >= LABELS_MAX:
                self._forget_labels()
            image = lettering(text, size, _INK, ground, widest)
            texture = self._bgr_texture(image)
            sdl2.SDL_UpdateTexture(texture, None, image.ctypes.data_as(ctypes.c_void_p), image.strides[0])
            self._labels[key] = (texture, image.shape[1], image.shape[0])
        return self._labels[key]

    def _forget_labels(self) -> None:
        """Those still needed are made again."""
        for texture, _, _ in self._labels.values():
            sdl2.SDL_DestroyTexture(texture)
        self._labels.clear()

    def _bgr_texture(self, pixels: NDArray[np.uint8]) -> Any:
        return self._texture(sdl2.SDL_PIXELFORMAT_BGR24, (pixels.shape[1], pixels.shape[0]))

    def _texture(self, form: int, size: tuple[int, int]) -> Any:
        return sdl2.SDL_CreateTexture(self._renderer, form, sdl2.SDL_TEXTUREACCESS_STREAMING, *size)

    def _copy(self, texture: Any, box: Box) -> None:
        sdl2.SDL_RenderCopy(self._renderer, texture, None, ctypes.byref(sdl2.SDL_Rect(*box)))

    def _fill(self, box: Box, colour: tuple[int, int, int]) -> None:
        blue, green, red = colour
        sdl2.SDL_SetRenderDrawColor(self._renderer, red, green, blue, 255)
        sdl2.SDL_RenderFillRect(self._renderer, ctypes.byref(sdl2.SDL_Rect(*box)))
