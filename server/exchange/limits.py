"""How much one file may hold. A county of 60 schools needs about a thousand rows; these leave room for far more."""

from __future__ import annotations

from typing import Final

FILE_BYTES: Final = 8 * 1024 * 1024
"""An upload."""
UNPACKED_BYTES: Final = 96 * 1024 * 1024
"""All that a zip, and an .xlsx is one, may unpack to."""
RATIO: Final = 200
"""How many times larger than its packed self one part of a zip may be; honest sheets stay below 40."""
RATIO_FROM_BYTES: Final = 4 * 1024 * 1024
"""Parts that unpack to less may be packed as well as they like."""
PARTS: Final = 500
SHEETS: Final = 40
ROWS: Final = 20_000
"""Rows with something in them, of one table."""
EMPTY_ROWS: Final = 2_000
"""After so many empty rows in a row a sheet is over."""
COLUMNS: Final = 100
CELL_CHARACTERS: Final = 2_000
FAULTS: Final = 300
"""Faults named one by one; the others are counted."""
MEMORY_BYTES: Final = 1024 * 1024 * 1024
"""Address space of the process that reads."""
CPU_S: Final = 60
ANSWER_WITHIN_S: Final = 90.0
