"""The doctor names a `.local` address only where it truly leads to this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.config import load
from server.doctor.local_name import local_name


@pytest.mark.parametrize(
    ("behind", "told"),
    [({"10.0.0.5"}, "https://school.local:8443"), ({"10.9.9.9"}, None), (set(), None)],
)
def test_a_local_name_is_told_only_where_it_leads_here(tmp_path: Path, behind: set[str], told: str | None) -> None:
    config = load({"data_dir": tmp_path}, {}).config
    asked: list[str] = []

    def resolve(name: str) -> set[str]:
        asked.append(name)
        return behind

    found = local_name(config, ["school", "school.local"], ["10.0.0.5"], resolve)
    assert (found.level, found.values.get("url"), asked) == ("ok", told, ["school.local"])


def test_without_https_no_name_is_told(tmp_path: Path) -> None:
    config = load({"data_dir": tmp_path, "https.enabled": False}, {}).config
    assert local_name(config, ["school.local"], ["10.0.0.5"], lambda name: {"10.0.0.5"}).says == "local_name.none"
