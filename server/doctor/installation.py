"""Checks of this installation: data directory, database, ports, certificate, pages."""

from __future__ import annotations

import os
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from server.config import Config
from server.data_dir import TLS, Running, is_held, read_running
from server.doctor.finding import Finding, fine, warn, wrong
from server.sockets import PortTaken, bind_local, bind_public
from server.store.store import FILE_NAME

PAGES = ("index.html", "teacher/index.html", "classroom/index.html", "replay/index.html")
RENEW_BEFORE_DAYS = 30


def data_dir(config: Config) -> Finding:
    """Whether the data directory can be written, or made."""
    path = config.data_dir
    there = path
    while not there.exists():
        there = there.parent
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        return wrong("data", path=path, detail=os.strerror(13))
    return fine("data", path=path) if path.is_dir() else warn("data", path=path)


def store(config: Config) -> Finding:
    """Whether the database is whole (SQLite's own quick check), without changing it."""
    path = config.data_dir / FILE_NAME
    if not path.exists() or not path.stat().st_size:
        return warn("store")
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=2)) as connection:
            said = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
    except sqlite3.Error as error:
        return wrong("store", detail=str(error))
    return fine("store") if said == ["ok"] else wrong("store", detail="; ".join(said))


def ports(config: Config) -> list[Finding]:
    """Whether our ports are free, or held by our own running server."""
    ours = read_running(config.data_dir) if is_held(config.data_dir) else None
    found = [_tcp("http", config.http.host, config.http.port, ours.http_port if ours else None, ours)]
    if config.https.enabled:
        found.append(_tcp("https", config.https.host, config.https.port, ours.https_port if ours else None, ours))
    found.append(_media(config, ours))
    return found


def _tcp(use: str, host: str, port: int, held: int | None, ours: Running | None) -> Finding:
    values: dict[str, Any] = {"port": port, "use": f"@port.use.{use}"}
    if ours is not None and held == port:
        return fine("port", "port.ours", pid=ours.pid, **values)
    try:
        for bound in bind_local(host, port, 0) if use == "http" else bind_public(host, port):
            bound.close()
    except PortTaken as taken:
        return wrong("port", detail=str(taken), **values)
    return fine("port", **values)


def _media(config: Config, ours: Running | None) -> Finding:
    """The media port must be free for TCP and for UDP."""
    held = ours.media_port if ours else None
    tcp = _tcp("media", config.media.host, config.media.port, held, ours)
    if tcp.level == "problem" or tcp.says == "port.ours":
        return tcp
    host = config.media.host or "0.0.0.0"  # noqa: S104 every address is what media listens on
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, config.media.port))
        except OSError as error:
            return wrong("port", detail=f"UDP: {error.strerror}", port=config.media.port, use="@port.use.media")
    return tcp


def certificate(config: Config, addresses: tuple[str, ...], now: datetime | None = None) -> Finding:
    """Whether the certificate serves for the machine's present addresses and for another month."""
    if not config.https.enabled:
        return fine("certificate", "certificate.off")
    path = config.data_dir / TLS / "server.crt"
    if not path.exists():
        return warn("certificate", "certificate.none", "certificate.none_mend")
    try:
        leaf = x509.load_pem_x509_certificate(path.read_bytes())
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        return wrong("certificate", detail=str(error))
    known = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    missing = ", ".join(address for address in addresses if address not in known)
    days_left = (leaf.not_valid_after_utc - (now or datetime.now(UTC))).days
    if missing or days_left < RENEW_BEFORE_DAYS:
        return warn("certificate", missing=missing or "-")
    return fine("certificate", expires=leaf.not_valid_after_utc.date().isoformat(), names=len(names))


def pages(dist: Path) -> Finding:
    """Whether the web pages are built."""
    missing = [page for page in PAGES if not (dist / page).is_file()]
    return wrong("pages", missing=", ".join(missing)) if missing else fine("pages")
