"""Words for people: catalogs in server/locale, Chinese first, English equal. No user-visible string is in the code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = ("zh-CN", "en")
_FOLDER = Path(__file__).with_name("locale")


class Texts:
    """One language's catalog: `texts("links.teacher", school=name)`. `part` is a folder with a catalog of its own."""

    def __init__(self, language: str, part: str = "") -> None:
        self.language = language
        self._words: dict[str, str] = json.loads((_FOLDER / part / f"{language}.json").read_text(encoding="utf-8"))

    def __call__(self, key: str, /, **values: object) -> str:
        """The words under `key`, with `values` put into their places."""
        return self._words[key].format(**values)

    def get(self, key: str, /, **values: object) -> str | None:
        """The words under `key`, or None."""
        return self(key, **values) if key in self._words else None


def choose_language(environ: Mapping[str, str]) -> str:
    """TONGKE_LANG, else what the locale says, in POSIX order: Chinese where it says `zh`, English elsewhere."""
    for variable in ("TONGKE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(variable)
        if value:
            return "zh-CN" if value.lower().startswith("zh") else "en"
    return "en"


def preferred_language(accept_language: str) -> str:
    """The catalog for an Accept-Language header (RFC 9110, section 12.5.4): English where wanted before Chinese."""
    wishes: list[tuple[float, int, str]] = []
    for place, item in enumerate(accept_language.split(",")[:20]):
        tag, _, weight = item.strip().lower().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            quality = 0.0
        if quality > 0 and tag.split("-")[0] in ("zh", "en"):
            wishes.append((-quality, place, tag))
    return "en" if wishes and min(wishes)[2].startswith("en") else "zh-CN"
