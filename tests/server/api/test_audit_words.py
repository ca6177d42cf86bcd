"""The audit log is read by people: whatever it writes down has words in both languages of the administration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from server.api.site import ENDPOINTS
from server.api.visit import REFUSALS
from server.permissions import WRITTEN_DOWN
from server.store.deletions import DeletionCause
from server.store.sign_ins import Way
from signaling.messages import FromClient

BESIDE_THE_API = {
    "replace", "sso_linked", "claim_key", "issue_link", "export_recording", "repair_recording", "watches", "left",
}  # fmt: skip
LOCALES = Path(__file__).parents[3] / "web/src/locales"


def words(language: str, kind: str) -> dict[str, Any]:
    catalog = json.loads((LOCALES / language / "admin-audit.json").read_text(encoding="utf-8"))
    return dict(catalog[kind])


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_change_and_refusal_has_words(language: str) -> None:
    posts = [endpoint for endpoint in ENDPOINTS if endpoint.method == "POST" and endpoint.action in WRITTEN_DOWN]
    changes = {endpoint.handler.__name__ for endpoint in posts}
    changes |= {f"deleted_{cause}" for cause in get_args(DeletionCause)} | set(get_args(Way)) | BESIDE_THE_API
    assert len(posts) > 60
    assert changes - words(language, "change").keys() == set()

    refusals = {code for endpoint in ENDPOINTS for status, code in endpoint.errors() if status in REFUSALS}
    assert refusals - words(language, "refusal").keys() == set()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_message_that_may_be_refused_in_a_lesson_has_words(language: str) -> None:
    kinds = {str(message.__struct_config__.tag) for message in get_args(FromClient)}
    assert kinds == words(language, "message").keys()
