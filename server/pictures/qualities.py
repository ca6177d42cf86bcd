"""The qualities of a picture. Runs in the worker only: it opens codecs.

`thin` is chosen by measurement: of candidates of few octets, in several widths, with few greys without loss or with
many and loss, the one that differs least from the page as a middling screen shows it. Text is best kept by few greys,
photographs by loss; a photographed page of a book lies in between (docs/decisions/0013).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from math import inf
from typing import Final

from PIL import Image, ImageChops, ImageFilter, ImageStat

FULL: Final = (1920, 1080)
SMALL: Final = (1280, 720)
FULL_QUALITY: Final = 84
SMALL_QUALITIES: Final = (60, 40, 20)
SMALL_BYTES: Final = 120_000
THIN_BYTES: Final = (13_000, 20_000)
"""The second where a page is not legible within the first: text that fills it line by line."""
LEGIBLE: Final = 0.55
"""How far it may be from the page, root mean square, in standard deviations of the page's greys."""
THIN_WIDTHS: Final = (640, 800, 960)
THIN_GREYS: Final = (8, 4, 3)
THIN_QUALITIES: Final = (30, 15, 5, 0)
SHARPER: Final = ImageFilter.UnsharpMask(radius=0.6, percent=80, threshold=0)
"""What scaling takes from letters, given back before their greys are counted off."""
LEAST: Final = ((480, 270), 0)
"""What is taken where nothing else is small enough: noise."""
JUDGED: Final = (960, 540)
"""The size at which candidates are compared: a classroom's board beside pictures, or a small screen."""


def full(page: Image.Image) -> bytes:
    """page: RGB, at most FULL."""
    return _webp(page, quality=FULL_QUALITY, method=2)


def small(page: Image.Image) -> bytes:
    """At most about SMALL_BYTES."""
    fitted = _fitted(page, SMALL)
    made, _ = _first_within(SMALL_BYTES, SMALL_QUALITIES, partial(_with_loss, fitted))
    return made or _with_loss(fitted, SMALL_QUALITIES[-1])


def thin(page: Image.Image) -> bytes:
    """At most THIN_BYTES; grey."""
    grey = page.convert("L")
    seen = _fitted(grey, JUDGED)
    allowed = LEGIBLE * ImageStat.Stat(seen).stddev[0]
    made = b""
    for octets in THIN_BYTES:
        error, made = _best_within(octets, grey, seen)
        if error <= allowed:
            return made
    return made or _webp(_fitted(grey, LEAST[0]), quality=LEAST[1])


def _best_within(octets: int, grey: Image.Image, seen: Image.Image) -> tuple[float, bytes]:
    """What differs least from `seen`, and by how much; empty where nothing is small enough."""
    ways = [_Way(octets, _few_greys, THIN_GREYS), _Way(octets, _with_loss, THIN_QUALITIES)]
    found: list[tuple[float, bytes]] = [(inf, b"")]
    for width in THIN_WIDTHS:
        fitted = _fitted(grey, (width, width * FULL[1] // FULL[0]))
        candidates = [(_error(made, seen), made, way) for way in ways if (made := way.of(fitted))]
        if not candidates:
            break
        error, made, way = min(candidates, key=lambda one: one[0])
        found.append((error, made))
        ways = [way]  # what suits a page in one width suits it in all
    return min(found)


class _Way:
    """A way to make a page small, in steps from the largest result to the smallest."""

    def __init__(self, octets: int, make: Callable[[Image.Image, int], bytes], steps: Sequence[int]) -> None:
        self._octets = octets
        self._make = make
        self._steps = steps

    def of(self, fitted: Image.Image) -> bytes:
        """The best that is small enough, empty where none is; what is too large in this width is so in all after it."""
        made, at = _first_within(self._octets, self._steps, partial(self._make, fitted))
        self._steps = self._steps[at:]
        return made


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


def _few_greys(grey: Image.Image, count: int) -> bytes:
    return _webp(_in_greys(grey.filter(SHARPER), count), method=2, lossless=True)


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


def _webp(page: Image.Image, *, quality: int = 75, method: int = 4, lossless: bool = False) -> bytes:
    made = BytesIO()
    page.convert("RGB").save(made, "WEBP", quality=quality, lossless=lossless, method=method, exif=b"", icc_profile=b"")
    return made.getvalue()
