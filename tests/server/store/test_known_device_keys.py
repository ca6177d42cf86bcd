"""Device keys are looked up every five minutes, and forgotten as soon as any is revoked."""

from __future__ import annotations

from server.store.known_keys import KEPT_MS, KEYS, KnownKeys
from server.store.rows import Credential, CredentialKind, Subject

NOW = 1_800_000_000_000
ROOM = Subject(
    id="room-1", kind="classroom", role="classroom", county_id="county-1", school_id="school-1", school="", name=""
)


def key(name: str, kind: CredentialKind = "device", expires_ms: int = NOW + 10 * KEPT_MS) -> Credential:
    return Credential(id=name, kind=kind, subject=ROOM.id, issued_ms=NOW, expires_ms=expires_ms)


def test_a_key_is_known_for_five_minutes_and_never_past_its_end() -> None:
    keys = KnownKeys()
    keys.remember(b"a", key("a"), ROOM, NOW, keys.generation)
    assert keys.find(b"a", NOW + KEPT_MS - 1) == (key("a"), ROOM)
    assert keys.find(b"a", NOW + KEPT_MS) is None
    assert keys.find(b"a", NOW - 1) is None, "a clock that was set back makes nothing younger"
    keys.remember(b"b", key("b", expires_ms=NOW + 5), ROOM, NOW, keys.generation)
    assert keys.find(b"b", NOW + 5) is None


def test_a_revocation_forgets_every_key_and_what_was_read_before_it() -> None:
    keys = KnownKeys()
    before = keys.generation
    keys.remember(b"a", key("a"), ROOM, NOW, before)
    keys.forget()
    assert keys.find(b"a", NOW) is None
    keys.remember(b"a", key("a"), ROOM, NOW, before)
    assert keys.find(b"a", NOW) is None


def test_only_devices_keys_are_remembered_and_only_so_many() -> None:
    keys = KnownKeys()
    for kind in ("link", "cookie", "browser"):
        keys.remember(b"x", key("x", kind), ROOM, NOW, keys.generation)
    assert keys.find(b"x", NOW) is None
    for number in range(KEYS + 1):
        keys.remember(number.to_bytes(4, "big"), key("k"), ROOM, NOW, keys.generation)
    assert keys.find((0).to_bytes(4, "big"), NOW) is None
    assert keys.find(KEYS.to_bytes(4, "big"), NOW) is not None
