"""From a file's bytes to sheets: what it is, its content says, never its name."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Final

from server.exchange.csv_files import read_csv
from server.exchange.sheets import BadFile, Sheet
from server.exchange.workbooks import OLE, check_zip, read_workbook

_PICTURES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"%PDF", b"{\\rtf", b"<!DOC", b"<html")
"""What is often given a table's name: pictures, PDF, rich text, a web page saved under it."""


def read_file(name: str, content: bytes) -> list[Sheet]:
    """The sheets of a workbook, of one CSV file, or of a zip of CSV files.

    Raises:
        BadFile: with a code for what is wrong.
    """
    if not content.strip(b"\0\r\n\t ") or content.strip() == b"\xef\xbb\xbf":
        raise BadFile("empty", name=name)
    if content.startswith(OLE):
        return read_workbook(name, content)
    if content.startswith(b"PK"):
        return _read_zip(name, content)
    if content.startswith(_PICTURES):
        raise BadFile("not_a_table", name=name)
    return [read_csv(PurePosixPath(name).stem, content)]


def _read_zip(name: str, content: bytes) -> list[Sheet]:
    parts = check_zip(name, content)
    if "[Content_Types].xml" in parts:
        return read_workbook(name, content)
    tables = [part for part in parts if part.lower().endswith(".csv") and not part.startswith(("__MACOSX", "."))]
    if not tables:
        raise BadFile("no_csv_in_zip", name=name)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return [read_csv(PurePosixPath(part).stem, packed.read(part)) for part in tables]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise BadFile("damaged", name=name) from error
