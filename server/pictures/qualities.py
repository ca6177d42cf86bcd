"""The qualities of a picture. Runs in the worker only: it opens codecs.

`thin` is chosen by measurement: of all candidates within THIN_BYTES, in several widths and each with few greys without
loss or with many and loss, the one that differs least from the page as a middling screen shows it. Text is best kept by
few greys, photographs by loss; a photographed page of a book lies in between (docs/decisions/0013).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from io import BytesIO
from typing import Final

from PIL import Image, ImageChops, ImageStat

FULL: Final = (1920, 1080)
SMALL: Final = (1280, 720)
FULL_QUALITY: Final = 84
SMALL_QUALITIES: Final = (60, 40, 20)
SMALL_BYTES: Final = 120_000
THIN_BYTES: Final = 20_000
THIN_WIDTHS: Final = (960, 800, 640)
THIN_GREYS: Final = (8, 4, 3)
THIN_QUALITIES: Final = (30, 15, 5, 0)
LEAST: Final = ((480, 270), 0)
"""What is taken where nothing else is small enough: noise."""
JUDGED: Final = (960, 540)
"""The size at which candidates are compared: a classroom's board beside pictures, or a small screen."""


def full(page: Image.Image) -> bytes:
    """page: RGB, at most FULL."""
    return _webp(page, quality=FULL_QUALITY)


def small(page: Image.Image) -> bytes:
    """At most about SMALL_BYTES."""
    fitted = _fitted(page, SMALL)
    made, _ = _first_within(SMALL_BYTES, SMALL_QUALITIES, partial(_with_loss, fitted))
    return made or _with_loss(fitted, SMALL_QUALITIES[-1])


def thin(page: Image.Image) -> bytes:
    """At most THIN_BYTES; grey."""
    grey = page.convert("L")
    seen = _fitted(grey, JUDGED)
    best, least = b"", float("inf")
    for candidate in filter(None, _candidates(grey)):
        error = _error(candidate, seen)
        if error < least:
            best, least = candidate, error
    return best or _webp(_fitted(grey, LEAST[0]), quality=LEAST[1])


def _candidates(grey: Image.Image) -> Iterator[bytes]:
    """Of each width the best without loss, and the best with loss, that is small enough; empty where none is."""
    greys, qualities = len(THIN_GREYS), len(THIN_QUALITIES)
    for width in THIN_WIDTHS:  # what fits in one width fits in each that is less
        fitted = _fitted(grey, (width, width * FULL[1] // FULL[0]))
        made, greys = _first_within(THIN_BYTES, THIN_GREYS[: greys + 1], partial(_without_loss, fitted))
        yield made
        made, qualities = _first_within(THIN_BYTES, THIN_QUALITIES[: qualities + 1], partial(_with_loss, fitted))
        yield made


def _first_within(octets: int, steps: Sequence[int], make: Callable[[int], bytes]) -> tuple[bytes, int]:
    """What the first of `steps` makes that is small enough, and which that is; empty where none is.

    The steps go from the largest result to the smallest, so that half of them need not be tried.
    """
    found, low, high = b"", 0, len(steps)
    while low < high:
        middle = (low + high) // 2
        made = make(steps[middle])
        if len(made) <= octets:
            found, high = made, middle
        else:
            low = middle + 1
    return found, high


def _with_loss(page: Image.Image, quality: int) -> bytes:
    return _webp(page, quality=quality)


def _without_loss(grey: Image.Image, count: int) -> bytes:
    return _webp(_in_greys(grey, count), lossless=True)


def _in_greys(grey: Image.Image, count: int) -> Image.Image:
    """Each pixel in the nearest of `count` even steps from black to white."""
    steps = count - 1
    return grey.point([round(round(value / 255 * steps) * 255 / steps) for value in range(256)])


def _error(candidate: bytes, seen: Image.Image) -> float:
    """How far it lies from `seen`, root mean square of grey values 0..255."""
    shown = Image.open(BytesIO(candidate)).convert("L").resize(seen.size, Image.Resampling.BICUBIC)
    return float(ImageStat.Stat(ImageChops.difference(shown, seen)).rms[0])


def _fitted(page: Image.Image, box: tuple[int, int]) -> Image.Image:
    """Within the box, never larger than it is."""
    scale = min(1.0, box[0] / page.width, box[1] / page.height)
    if scale == 1.0:
        return page
    size = (max(1, round(page.width * scale)), max(1, round(page.height * scale)))
    return page.resize(size, Image.Resampling.LANCZOS)


def _webp(page: Image.Image, *, quality: int = 75, lossless: bool = False) -> bytes:
    made, method = BytesIO(), 2 if lossless else 4  # more effort makes few greys no smaller
    page.convert("RGB").save(made, "WEBP", quality=quality, lossless=lossless, method=method, exif=b"", icc_profile=b"")
    return made.getvalue()
