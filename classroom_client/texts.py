"""Words for people: catalogs in classroom_client/locale, Chinese first, English equal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = ("zh-CN", "en")
_FOLDER = Path(__file__).with_name("locale")


class Texts:
    """One language's catalog: `texts("join.connected", school=name)`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._words: dict[str, str] = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))

    def __call__(self, key: str, **values: object) -> str:
        """The words under `key`, with `values` put into their places."""
        return self._words[key].format(**values)


def choose_language(environ: Mapping[str, str], otherwise: str = "en") -> str:
    """TONGKE_LANG, else what the locale says, in POSIX order: Chinese where it says `zh`."""
    for variable in ("TONGKE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(variable)
        if value:
            return "zh-CN" if value.lower().startswith("zh") else "en"
    return otherwise
