"""QR codes as the outline a page draws: no picture file, so the content security policy need not be opened."""

from __future__ import annotations

from msgspec import Struct

BORDER = 4
"""The quiet zone around the symbol, in modules (ISO/IEC 18004)."""


class QrDrawing(Struct, frozen=True):
    """A square of `size` modules; `path` is the `d` of one SVG path that fills the dark ones."""

    size: int
    path: str


def draw(content: str) -> QrDrawing:
    """The QR code of `content`, each row's dark runs as one rectangle."""
    import segno

    code = segno.make(content, error="m", micro=False)
    runs = [
        f"M{start + BORDER} {row + BORDER}h{end - start}v1h-{end - start}z"
        for row, modules in enumerate(code.matrix)
        for start, end in _runs(bytes(modules))
    ]
    return QrDrawing(size=len(code.matrix) + 2 * BORDER, path="".join(runs))


def _runs(modules: bytes) -> list[tuple[int, int]]:
    """Where dark modules begin and end."""
    found, start = [], None
    for place, module in enumerate(modules + b"\0"):
        if module and start is None:
            start = place
        elif not module and start is not None:
            found.append((start, place))
            start = None
    return found
