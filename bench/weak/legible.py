"""When a new page can be read in the far classroom: what its board shows beside what the teacher put there.

The page holds 12-px text, Chinese and Latin, at 1280 x 720. Both are compared in grey at 640 x 360, where the text is
6 px high: the page is legible once the correlation of their grey values is at least CORRELATION and the RMS contrast
(the standard deviation of luminance; E. Peli, "Contrast in complex images", Journal of the Optical Society of America
A 7 (10), 1990) at least CONTRAST of the source's. A blank board has neither; a page scaled to 480 x 270 and back stays
below the first.
"""

from __future__ import annotations

import base64
import random
import time
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

WIDTH, HEIGHT = 1280, 720
JUDGED: Final = (640, 360)
CORRELATION: Final = 0.9
CONTRAST: Final = 0.85
TEXT_PX: Final = 12
LINES: Final = (
    "分数的加法：先看分母是不是相同，再把分子相加，分母不变。如果分母不同，先找到它们的公分母，再通分。",
    "To add two fractions, look at the denominators first; if they differ, find a common one and expand both.",
    "例一：小明吃了一个蛋糕的四分之一，小红吃了三分之一，两人一共吃了多少？请在练习本上写出算式和答案。",
    "Example 2: a rope is two thirds of a metre long, another three quarters. How long are both together?",
)
ROWS: Final = 20
COLUMNS: Final = 2

WATCH: Final = """told => {
  const [width, height, least, contrast] = [WIDTH, HEIGHT, CORRELATION, CONTRAST];
  const source = Uint8Array.from(atob(told), letter => letter.charCodeAt(0));
  const mean = values => values.reduce((sum, one) => sum + one, 0) / values.length;
  const sourceMean = mean(source);
  const sourceVar = source.reduce((sum, one) => sum + (one - sourceMean) ** 2, 0) / source.length;
  const small = document.createElement('canvas');
  small.width = width; small.height = height;
  const context = small.getContext('2d', { willReadFrequently: true });
  const legible = window.__legible = { at: null, correlation: 0, contrast: 0 };
  const look = () => {
    const canvas = document.querySelector('canvas.board-ground');
    if (!canvas) return;
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = 'high';
    context.drawImage(canvas, 0, 0, width, height);
    const data = context.getImageData(0, 0, width, height).data;
    const grey = i => 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
    const shown = Float64Array.from(source, (_, i) => grey(i));
    const shownMean = mean(shown);
    let [variance, both] = [0, 0];
    for (let i = 0; i < shown.length; i++) {
      variance += (shown[i] - shownMean) ** 2 / shown.length;
      both += (shown[i] - shownMean) * (source[i] - sourceMean) / shown.length;
    }
    legible.correlation = variance > 0 ? both / Math.sqrt(variance * sourceVar) : 0;
    legible.contrast = Math.sqrt(variance / sourceVar);
    if (legible.correlation >= least && legible.contrast >= contrast) { legible.at = Date.now(); clearInterval(timer); }
  };
  const timer = setInterval(look, 250);
}"""


def page_of_text() -> NDArray[Any]:
    """The page: shape (HEIGHT, WIDTH), grey."""
    page = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    face, chance = cv2.FontFace("sans"), random.Random(1)
    for at in range(ROWS * COLUMNS):
        row, column = divmod(at, COLUMNS)
        place = (50 + 610 * column, 50 + 32 * row)
        cv2.putText(page, _shuffled(LINES[row % len(LINES)], chance), place, (0, 0, 0), face, TEXT_PX, 400)
    return cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)


def _shuffled(line: str, chance: random.Random) -> str:
    """The same words or signs in another order: a page that repeats itself would be far too easy to pack."""
    words = line.split(" ") if line.isascii() else list(line)
    chance.shuffle(words)
    return (" " if line.isascii() else "").join(words)


def put(lead: Page, far: Page) -> float:
    """The teacher puts the page on the board; the far classroom's page watches for it. When that was, ms."""
    page = page_of_text()
    small = cv2.resize(page, JUDGED, interpolation=cv2.INTER_AREA)
    script = WATCH
    for name, value in zip(
        ("WIDTH", "HEIGHT", "CORRELATION", "CONTRAST"), (*JUDGED, CORRELATION, CONTRAST), strict=True
    ):
        script = script.replace(name, str(value), 1)
    far.evaluate(script, base64.b64encode(small.tobytes()).decode())
    content = cv2.imencode(".png", page)[1].tobytes()
    put_ms = time.time() * 1000
    lead.locator("input[type=file]").set_input_files({"name": "page.png", "mimeType": "image/png", "buffer": content})
    return put_ms


def legible_s(far: Page, put_ms: float) -> float:
    """Seconds from the teacher's choosing the file until it could be read far away; inf where it never could."""
    seen: dict[str, float | None] = far.evaluate("window.__legible")
    at = seen["at"]
    return float("inf") if at is None else (at - put_ms) / 1000
