"""Opens what strangers send: a picture or a page of a PDF, as an upright RGB picture. In the worker only."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from server.pictures import limits
from server.pictures.faults import BadPicture
from server.pictures.kept import is_pdf
from server.pictures.qualities import FULL

FORMATS: Final = ("PNG", "JPEG", "WEBP")
_ORIENTATION: Final = 0x0112
_LYING: Final = (5, 6, 7, 8)
"""EXIF orientations that turn the picture by a quarter (CIPA DC-008, 4.6.5)."""
_PASSWORD: Final = 4
"""FPDF_ERR_PASSWORD."""


def count_pages(path: Path) -> int:
    """Of a PDF; 1 of anything else.

    Raises:
        BadPicture: it cannot be opened, is empty, or has too many pages.
    """
    if not is_pdf(path):
        return 1
    with _document(path) as document:
        pages = len(document)
    if pages > limits.PDF_PAGES:
        raise BadPicture("too_many_pages")
    return pages


def open_page(path: Path, number: int) -> Image.Image:
    """The picture, or page `number` (from 0) of a PDF, without anything but its pixels.

    Raises:
        BadPicture: what it is not, or cannot be.
    """
    return _pdf_page(path, number) if is_pdf(path) else _picture(path)


def _picture(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            Image.MAX_IMAGE_PIXELS = limits.PIXELS
            with Image.open(path, formats=FORMATS) as opened:
                return _upright(opened)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise BadPicture("too_many_pixels") from error
    except UnidentifiedImageError as error:
        raise BadPicture("unknown_kind") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise BadPicture("unreadable") from error


def _upright(opened: Image.Image) -> Image.Image:
    """Scaled before it is turned: of a large photograph there is only one copy at a time."""
    lying = opened.getexif().get(_ORIENTATION) in _LYING
    box = (FULL[1], FULL[0]) if lying else FULL
    opened.draft("RGB", (2 * box[0], 2 * box[1]))
    opened.load()
    page = opened if opened.mode in ("L", "RGB", "RGBA") else opened.convert(_mode(opened))
    page.info["transparency"] = None
    page.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return _on_paper(ImageOps.exif_transpose(page))


def _mode(opened: Image.Image) -> str:
    return "RGBA" if opened.has_transparency_data else "RGB"


def _on_paper(page: Image.Image) -> Image.Image:
    """What is transparent shows white paper."""
    if page.mode != "RGBA":
        return page.convert("RGB")
    paper = Image.new("RGB", page.size, "white")
    paper.paste(page, mask=page.getchannel("A"))
    return paper


def _pdf_page(path: Path, number: int) -> Image.Image:
    with _document(path) as document:
        page = document[number]
        width, height = page.get_size()
        scale = min(FULL[0] / max(width, 1.0), FULL[1] / max(height, 1.0))
        drawn = page.render(scale=scale, may_draw_forms=False)
        picture: Image.Image = drawn.to_pil()
        return picture.convert("RGB").crop((0, 0, min(picture.width, FULL[0]), min(picture.height, FULL[1])))


def _document(path: Path):  # type: ignore[no-untyped-def] # pypdfium2 has no types
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise BadPicture("locked" if getattr(error, "err_code", 0) == _PASSWORD else "unreadable") from error
    if len(document) == 0:
        raise BadPicture("empty")
    return document
