"""What teachers and strangers send, as the worker makes or refuses it: real files, the real process."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from server.pictures.faults import BadPicture
from server.pictures.kept import FOLDER, QUALITIES, Picture, file_name, kept_in
from server.pictures.qualities import THIN_BYTES
from server.pictures.studio import Studio

pytestmark = pytest.mark.media

ROOT = Path(__file__).parents[3]
ORIENTATION, GPS = 0x0112, 0x8825


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    (tmp_path / "lesson" / FOLDER).mkdir(parents=True)
    return tmp_path / "lesson"


async def made_of(content: bytes, lesson: Path) -> Picture:
    path = lesson / FOLDER / ".sent"
    path.write_bytes(content)
    return await Studio().make(path, 0, lesson)


def encoded(picture: Image.Image, kind: str, **settings: object) -> bytes:
    content = io.BytesIO()
    picture.save(content, kind, **settings)
    return content.getvalue()


def opened(lesson: Path, picture: Picture, quality: str) -> Image.Image:
    return Image.open(lesson / FOLDER / file_name(picture.digest, quality)).convert("RGB")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_says(width: int, height: int, data: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


async def test_a_photograph_is_turned_upright_and_says_nothing_of_where_it_was_taken(lesson: Path) -> None:
    taken = Image.new("RGB", (400, 200), "white")
    ImageDraw.Draw(taken).rectangle((0, 0, 99, 199), fill="red")  # left as the sensor lay, top once it is upright
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif.get_ifd(GPS).update({1: "N", 2: (31.0, 14.0, 5.0), 3: "E", 4: (121.0, 28.0, 9.0)})

    picture = await made_of(encoded(taken, "JPEG", exif=exif, quality=95), lesson)

    assert (picture.width, picture.height) == (200, 400)
    top = opened(lesson, picture, "full").getpixel((100, 40))
    assert isinstance(top, tuple)
    assert top[0] > 200
    assert max(top[1:]) < 60
    for quality in QUALITIES:
        content = (lesson / FOLDER / file_name(picture.digest, quality)).read_bytes()
        assert not {b"EXIF", b"Exif", b"XMP ", b"ICCP"} & {content[i : i + 4] for i in range(len(content))}
    assert kept_in(lesson) == [picture]


async def test_every_quality_fits_its_line(lesson: Path) -> None:
    page = Image.effect_noise((2600, 1400), 90).convert("RGB")  # what compresses worst
    picture = await made_of(encoded(page, "PNG", compress_level=1), lesson)
    assert (picture.width, picture.height) == (1920, 1034)
    sizes = {one: (lesson / FOLDER / file_name(picture.digest, one)).stat().st_size for one in QUALITIES}
    assert sizes["thin"] <= THIN_BYTES[-1]
    assert opened(lesson, picture, "small").width == 1280


@pytest.mark.parametrize(("line_px", "octets"), [(44, THIN_BYTES[0]), (22, THIN_BYTES[-1])])
async def test_a_page_of_text_is_as_small_as_it_can_be_read(lesson: Path, line_px: int, octets: int) -> None:
    page, dice = Image.new("L", (1280, 720), "white"), random.Random(1)
    drawing, face = ImageDraw.Draw(page), ImageFont.load_default(12)
    for y in range(10, 710, line_px):
        words = ("".join(dice.choices("abcdefghiklmnoprstu", k=dice.randint(2, 9))) for _ in range(30))
        drawing.text((20, y), " ".join(words), "black", face)
    picture = await made_of(encoded(page, "PNG"), lesson)
    size = (lesson / FOLDER / file_name(picture.digest, "thin")).stat().st_size
    assert octets * 0.6 < size <= octets
    shown = opened(lesson, picture, "thin").convert("L").resize((640, 360))
    assert float(np.corrcoef(np.ravel(shown), np.ravel(page.resize((640, 360))))[0, 1]) > 0.9


async def test_what_is_transparent_shows_white_paper(lesson: Path) -> None:
    drawing = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    ImageDraw.Draw(drawing).rectangle((0, 0, 31, 63), fill=(0, 0, 0, 255))
    for kind in ("PNG", "WEBP"):
        picture = await made_of(encoded(drawing, kind, **({"lossless": True} if kind == "WEBP" else {})), lesson)
        left, right = (opened(lesson, picture, "full").getpixel((x, 32)) for x in (8, 56))
        assert isinstance(left, tuple)
        assert isinstance(right, tuple)
        assert max(left) < 20
        assert min(right) > 235


async def test_the_same_picture_is_kept_once(lesson: Path) -> None:
    content = encoded(Image.new("RGB", (320, 180), "navy"), "PNG")
    assert await made_of(content, lesson) == await made_of(content, lesson)
    assert len(kept_in(lesson)) == 1


async def test_a_bomb_is_refused_before_it_goes_off(lesson: Path) -> None:
    bomb = png_that_says(30_000, 30_000, zlib.compress(bytes(100_000)))
    with pytest.raises(BadPicture) as refused:
        await made_of(bomb, lesson)
    assert refused.value.code == "too_many_pixels"


async def test_what_is_broken_or_disguised_is_refused(lesson: Path) -> None:
    whole = encoded(Image.effect_noise((300, 300), 50), "PNG")
    for content, code in (
        (whole[: len(whole) // 2], "unreadable"),
        (encoded(Image.new("RGB", (8, 8)), "GIF"), "unknown_kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown_kind"),
        (b"MZ" + bytes(500), "unknown_kind"),
        (b"", "unknown_kind"),
        (b"%PDF-1.7\nnothing behind it", "unreadable"),
    ):
        with pytest.raises(BadPicture) as refused:
            await made_of(content, lesson)
        assert refused.value.code == code
    assert kept_in(lesson) == []


async def test_what_takes_too_much_memory_is_refused_and_breaks_nothing(lesson: Path) -> None:
    most = encoded(Image.new("I;16", (7900, 5000)), "PNG")  # 39.5 million pixels: allowed, and heavier than most
    outcome: Picture | str
    try:
        outcome = await made_of(most, lesson)
    except BadPicture as refused:
        outcome = refused.code
    assert outcome == "too_heavy" or isinstance(outcome, Picture)
    assert (await made_of(encoded(Image.new("RGB", (64, 36), "green"), "PNG"), lesson)).width == 64


async def test_every_page_of_a_pdf_is_a_picture(lesson: Path) -> None:
    pages = [Image.new("RGB", (800, 450), colour) for colour in ("red", "blue")]
    content = io.BytesIO()
    pages[0].save(content, "PDF", save_all=True, append_images=pages[1:])
    path = lesson / FOLDER / ".sent"
    path.write_bytes(content.getvalue())
    studio = Studio()
    assert await studio.pages(path) == 2
    second = opened(lesson, await studio.make(path, 1, lesson), "full").getpixel((400, 200))
    assert isinstance(second, tuple)
    assert second[2] > 200
    assert second[0] < 60


def test_what_a_crash_left_is_swept_away_and_half_a_picture_is_none(lesson: Path) -> None:
    (lesson / FOLDER / ".making-x").mkdir()
    (lesson / FOLDER / file_name("a" * 64, "thin")).write_bytes(b"RIFF")
    assert kept_in(lesson) == []
    assert not (lesson / FOLDER / ".making-x").exists()


def test_the_server_itself_opens_no_codec_for_pictures() -> None:
    program = "import server.app, sys; print([one for one in sys.modules if one.split('.')[0] in ('PIL','pypdfium2')])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
