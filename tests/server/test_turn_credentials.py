"""The way through the relay: who gets which credentials, and that nothing is told where there is no relay."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from pathlib import Path

from server.config import Relay, load
from server.turn import LIFETIME_S, RelayAccess, credentials, secret_of, urls
from signaling.messages import IceServer

NONE = Relay(host="", port=3478, tls_port=443, certificate="")
RELAY = Relay(host="tongke.example.cn", port=3478, tls_port=443, certificate="")


def test_credentials_are_base64_of_hmac_sha1_over_expiry_and_participant() -> None:
    user, password = credentials("north", "room-1", 1_800_000_000.7)
    assert user == f"{1_800_000_000 + LIFETIME_S}:room-1"
    assert base64.b64decode(password) == hmac.new(b"north", user.encode(), hashlib.sha1).digest()


def test_the_relay_is_named_over_udp_tcp_and_tls() -> None:
    assert urls(RELAY) == [
        "turn:tongke.example.cn:3478?transport=udp",
        "turn:tongke.example.cn:3478?transport=tcp",
        "turns:tongke.example.cn:443?transport=tcp",
    ]
    assert urls(Relay("fd00::20", 3478, 443, ""))[0] == "turn:[fd00::20]:3478?transport=udp"


def test_a_participant_is_told_the_relay_and_its_own_credentials(tmp_path: Path) -> None:
    access = RelayAccess(RELAY, tmp_path)
    user, password = credentials(secret_of(tmp_path), "room-1", 1_800_000_000)
    assert access.servers("room-1", 1_800_000_000) == [IceServer(urls=urls(RELAY), username=user, credential=password)]
    assert access.servers("room-2", 1_800_000_000) != access.servers("room-1", 1_800_000_000)


def test_without_a_relay_nothing_is_told_and_no_secret_is_made(tmp_path: Path) -> None:
    assert RelayAccess(NONE, tmp_path).servers("room-1", 1_800_000_000) == []
    assert list(tmp_path.iterdir()) == []
    assert load({}, {}).config.relay == NONE


def test_the_secret_is_made_once_whoever_asks_first_and_is_its_owners_only(tmp_path: Path) -> None:
    found: list[str] = []
    asking = [threading.Thread(target=lambda: found.append(secret_of(tmp_path))) for _ in range(8)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert len(set(found)) == 1
    assert len(found[0]) >= 32
    file = tmp_path / "relay" / "secret"
    assert file.stat().st_mode & 0o077 == 0
    assert [entry.name for entry in file.parent.iterdir()] == ["secret"]
