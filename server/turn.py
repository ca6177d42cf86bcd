"""The way through a TURN relay (RFC 8656), for clients whose network lets neither UDP nor our media port through.

Credentials are those of the TURN REST API (draft-uberti-behave-turn-rest), which coturn calls `use-auth-secret`:
whoever knows the relay's secret can make them, and the relay checks them without asking anybody.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from pathlib import Path

from server.addresses import in_url
from server.config import Relay
from signaling.messages import IceServer, ParticipantId

LIFETIME_S = 12 * 3600
"""Longer than any lesson: a relay may ask for the credentials again at each refresh of an allocation."""
RELAY, SECRET = "relay", "secret"  # names in the data directory
SECRET_BYTES = 32


def secret_of(data_dir: Path) -> str:
    """The secret that the relay and this server share, made on the first call and readable by its owner only.

    Raises:
        OSError: it can neither be read nor written.
    """
    folder = data_dir / RELAY
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / SECRET
    if not file.exists():
        fresh = folder / f"{SECRET}.{secrets.token_hex(8)}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(SECRET_BYTES), encoding="ascii")
        _give_to_owner_of(data_dir, folder, fresh)
        try:
            os.link(fresh, file)  # who comes second takes the first one's
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_text(encoding="ascii").strip()


def _give_to_owner_of(data_dir: Path, *made: Path) -> None:
    """What root makes for the relay, the server must be able to read."""
    owner = data_dir.stat()
    if os.geteuid() == 0:
        for path in made:
            os.chown(path, owner.st_uid, owner.st_gid)


def credentials(secret: str, participant: ParticipantId, now_s: float) -> tuple[str, str]:
    """A user name and its password, good for LIFETIME_S from `now_s` (seconds since 1970)."""
    user = f"{int(now_s) + LIFETIME_S}:{participant}"
    return user, base64.b64encode(hmac.digest(secret.encode(), user.encode(), "sha1")).decode()


def urls(relay: Relay) -> list[str]:
    """The relay's addresses (RFC 7065), cheapest way first."""
    host = in_url(relay.host)
    return [
        f"turn:{host}:{relay.port}?transport=udp",
        f"turn:{host}:{relay.port}?transport=tcp",
        f"turns:{host}:{relay.tls_port}?transport=tcp",
    ]


class RelayAccess:
    """What clients are told of the relay; nothing where none is configured."""

    def __init__(self, relay: Relay, data_dir: Path) -> None:
        """Raises: OSError, the secret can neither be read nor written."""
        self._urls = urls(relay) if relay.host else []
        self._secret = secret_of(data_dir) if relay.host else ""

    def servers(self, participant: ParticipantId, now_s: float) -> list[IceServer]:
        """For one participant, from now on (seconds since 1970)."""
        if not self._urls:
            return []
        user, password = credentials(self._secret, participant, now_s)
        return [IceServer(urls=self._urls, username=user, credential=password)]
