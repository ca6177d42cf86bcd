"""What a check finds: words by key, so that every language says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from server.texts import Texts

Level = Literal["ok", "note", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report. `says` and `mend` are catalog keys below `doctor.`, `values` fill them in."""

    check: str
    level: Level
    says: str
    mend: str | None = None
    values: dict[str, Any] = field(default_factory=dict)

    def words(self, texts: Texts) -> str:
        """The finding in one sentence."""
        return texts(f"doctor.{self.says}", **self._said(texts))

    def advice(self, texts: Texts) -> str | None:
        """What to do about it, if anything."""
        return texts(f"doctor.{self.mend}", **self._said(texts)) if self.mend else None

    def _said(self, texts: Texts) -> dict[str, Any]:
        """The values; one that is a catalog key of ours (`@port.use.http`) is put into words first."""
        return {
            name: texts(f"doctor.{value[1:]}") if isinstance(value, str) and value.startswith("@") else value
            for name, value in self.values.items()
        }


def fine(check: str, says: str = "", **values: Any) -> Finding:
    """All is well."""
    return Finding(check, "ok", says or f"{check}.ok", None, values)


def note(check: str, says: str, **values: Any) -> Finding:
    """Nothing is amiss, but not everything that could be set up is: whoever needs it has to know."""
    return Finding(check, "note", says, None, values)


def warn(check: str, says: str = "", mend: str = "", **values: Any) -> Finding:
    """It works, but not for long or not for everybody."""
    return Finding(check, "warning", says or f"{check}.warning", mend or f"{check}.warning_mend", values)


def wrong(check: str, says: str = "", mend: str = "", **values: Any) -> Finding:
    """It does not work before this is mended."""
    return Finding(check, "problem", says or f"{check}.problem", mend or f"{check}.mend", values)
