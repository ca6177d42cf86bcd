"""`tongke relay`: writes what coturn and the proxy need, from the server's own configuration and data.

deploy/relay.sh calls it and starts the two.
"""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from server.addresses import own_addresses
from server.config import Config, load
from server.data_dir import TLS, is_held, read_running
from server.exits import CONFIG, IO_ERROR, OK, explain
from server.relay_files import RelayPlan, haproxy_cfg, relay_nft, turnserver_conf
from server.texts import Texts
from server.turn import RELAY, secret_of

TURNSERVER_CONF, RELAY_NFT, HAPROXY_CFG, CERTIFICATE = "turnserver.conf", "relay.nft", "haproxy.cfg", "443.pem"
COTURN_USER, HAPROXY_USER = "turnserver", "haproxy"


class RelayError(Exception):
    """The files cannot be written. `code`: relay_off, relay_no_certificate, relay_no_user or relay_not_writable."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def run(flags: Mapping[str, Any], file: Path | None, texts: Texts) -> int:
    """Writes the files and prints their folder."""
    try:
        folder = write(load(flags, os.environ, file).config, own_addresses(), root=os.geteuid() == 0)
    except RelayError as error:
        print(f"tongke: {texts(f'error.{error.code}', **error.values)}", file=sys.stderr)
        return IO_ERROR if error.code == "relay_not_writable" else CONFIG
    except Exception as error:
        return explain(error, texts)
    print(folder)
    return OK


def write(config: Config, addresses: tuple[str, ...], *, root: bool) -> Path:
    """Writes turnserver.conf, haproxy.cfg and the certificate, readable by their owner only; the folder they are in.

    addresses: the machine's own. root: the programs are started by root, and become their own users; relay.nft, which
    is root's to install, tells coturn's packets by its user.

    Raises:
        RelayError: there is no relay in the configuration, no certificate yet, no user for coturn, or no permission
            to write.
    """
    if not config.relay.host:
        raise RelayError("relay_off")
    if root and not _user(COTURN_USER):
        raise RelayError("relay_no_user", user=COTURN_USER)
    folder = config.data_dir / RELAY
    try:
        plan = _plan(config, folder, addresses, root=root)
        files = {
            TURNSERVER_CONF: turnserver_conf(plan),
            HAPROXY_CFG: haproxy_cfg(plan),
            CERTIFICATE: _certificate(config),
        }
        if root:
            files[RELAY_NFT] = relay_nft(plan)
        for name, text in files.items():
            _replace(folder / name, text)
    except OSError as error:
        raise RelayError("relay_not_writable", path=folder, detail=error.strerror or str(error)) from error
    return folder


def _plan(config: Config, folder: Path, addresses: tuple[str, ...], *, root: bool) -> RelayPlan:
    media, http = config.media, config.http
    bound = (media.host,) if media.host not in ("", "0.0.0.0", "::") else ()  # noqa: S104
    return RelayPlan(
        folder=folder,
        secret=secret_of(config.data_dir),
        port=config.relay.port,
        tls_port=config.relay.tls_port,
        media_port=_media_port(config),
        peers=tuple(dict.fromkeys((*media.public_addresses, *(bound or addresses)))),
        addresses=addresses,
        http=(http.host, http.port),
        certificate=folder / CERTIFICATE,
        relay_user=_user(COTURN_USER) if root else "",
        proxy_user=_user(HAPROXY_USER) if root else "",
    )


def _media_port(config: Config) -> int:
    """The running server's, which its command line may have changed; else the configuration's."""
    running = read_running(config.data_dir) if is_held(config.data_dir) else None
    return (running.media_port if running else None) or config.media.port


def _certificate(config: Config) -> str:
    """Chain and key in one text, as HAProxy wants them."""
    if config.relay.certificate:
        return Path(config.relay.certificate).read_text(encoding="ascii")
    files = [config.data_dir / TLS / name for name in ("server.crt", "server.key")]
    if not all(file.exists() for file in files):
        raise RelayError("relay_no_certificate")
    return "".join(file.read_text(encoding="ascii") for file in files)


def _user(name: str) -> str:
    """The user that Debian's package made, if it is there."""
    try:
        return pwd.getpwnam(name).pw_name
    except KeyError:
        return ""


def _replace(file: Path, text: str) -> None:
    """Writes the file whole; an equal one stays as it is, so that its time says when it changed."""
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)
