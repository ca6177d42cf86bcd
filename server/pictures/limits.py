"""What a picture may be, and what making its qualities may cost."""

from __future__ import annotations

from typing import Final

UPLOAD_BYTES: Final = 20 * 1024 * 1024
PIXELS: Final = 40_000_000
"""Of the picture as it was sent: four times a phone's usual photograph. Checked before anything is decoded."""
PDF_PAGES: Final = 30
"""More is shown in parts: each page is a second of work, and the teacher waits for all of them."""
PICTURES: Final = 500
"""Kept of one lesson: as many as a board has pages."""
MEMORY_BYTES: Final = 512 * 1024 * 1024
"""Address space of the process that decodes."""
CPU_S: Final = 10
ANSWER_WITHIN_S: Final = 40.0
"""For one picture or one page, however busy the machine is."""
FILE_BYTES: Final = 16 * 1024 * 1024
"""The largest file that process may write."""
