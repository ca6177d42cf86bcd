"""The authority and the certificate: made once, renewed when needed, refused when damaged."""

from __future__ import annotations

import asyncio
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from server import certificates
from server.certificates import LEAF_LIFE, CertificateError, ensure, reload, server_context

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
NAMES = ["localhost", "school-pc.local", "192.168.1.20", "fd00::20", "127.0.0.1"]


def test_the_leaf_lists_every_name_and_address(tmp_path: Path) -> None:
    made = ensure(tmp_path, NAMES, NOW)
    leaf = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"localhost", "school-pc.local"}
    assert {str(address) for address in names.get_values_for_type(x509.IPAddress)} == set(NAMES[2:])
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == LEAF_LIFE <= timedelta(days=397)


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    ensure(tmp_path / "tls", NAMES, NOW)
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    for name in ("ca.key", "server.key"):
        assert stat.S_IMODE((tmp_path / "tls" / name).stat().st_mode) == 0o600


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    first = ensure(tmp_path, NAMES, NOW)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    second = ensure(tmp_path, NAMES[:3], NOW + timedelta(days=300))
    assert (first.renewed, second.renewed) == (True, False)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("names", "later"),
    [([*NAMES, "192.168.1.21"], timedelta(0)), (NAMES, timedelta(days=366)), (NAMES, -timedelta(days=3))],
    ids=["a new address", "near its end", "a clock set back"],
)
def test_a_leaf_that_no_longer_serves_is_renewed_under_the_same_authority(tmp_path: Path, names, later) -> None:
    first = ensure(tmp_path, NAMES, NOW)
    second = ensure(tmp_path, names, NOW + later)
    assert second.renewed
    assert second.fingerprint == first.fingerprint == certificates.fingerprint(tmp_path)


@pytest.mark.parametrize("name", ["server.crt", "server.key"])
def test_a_damaged_leaf_is_replaced(tmp_path: Path, name: str) -> None:
    ensure(tmp_path, NAMES, NOW)
    (tmp_path / name).write_text("-----BEGIN NONSENSE-----")
    assert ensure(tmp_path, NAMES, NOW).renewed


@pytest.mark.parametrize("name", ["ca.crt", "ca.key"])
def test_a_damaged_authority_is_never_replaced_silently(tmp_path: Path, name: str) -> None:
    ensure(tmp_path, NAMES, NOW)
    (tmp_path / name).write_text("-----BEGIN NONSENSE-----")
    with pytest.raises(CertificateError) as refused:
        ensure(tmp_path, NAMES, NOW)
    assert refused.value.path == tmp_path / name


def test_a_foreign_authority_key_is_refused(tmp_path: Path) -> None:
    ensure(tmp_path / "a", NAMES, NOW)
    ensure(tmp_path / "b", NAMES, NOW)
    (tmp_path / "a" / "ca.key").write_bytes((tmp_path / "b" / "ca.key").read_bytes())
    with pytest.raises(CertificateError):
        ensure(tmp_path / "a", NAMES, NOW)


async def handshake(context: ssl.SSLContext, trusted: Path, host: str) -> int:
    """The serial number of the certificate a client that trusts our authority is shown."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    client = ssl.create_default_context(cafile=str(trusted))
    try:
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=host)
        shown = writer.get_extra_info("ssl_object").getpeercert(True)
        writer.close()
    finally:
        server.close()
        await server.wait_closed()
    return x509.load_der_x509_certificate(shown).serial_number


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "192.168.1.20"])
async def test_a_device_that_trusts_the_authority_accepts_the_server(tmp_path: Path, host: str) -> None:
    made = ensure(tmp_path, NAMES, datetime.now(UTC))
    assert await handshake(server_context(made), made.authority, host)


async def test_a_renewed_certificate_is_shown_without_a_restart(tmp_path: Path) -> None:
    context = server_context(ensure(tmp_path, NAMES, datetime.now(UTC)))
    before = await handshake(context, tmp_path / "ca.crt", "localhost")
    reload(context, ensure(tmp_path, [*NAMES, "10.0.0.9"], datetime.now(UTC)))
    assert await handshake(context, tmp_path / "ca.crt", "10.0.0.9") != before


async def test_another_authority_is_not_accepted(tmp_path: Path) -> None:
    made = ensure(tmp_path / "a", NAMES, datetime.now(UTC))
    other = ensure(tmp_path / "b", NAMES, datetime.now(UTC))
    with pytest.raises(ssl.SSLCertVerificationError):
        await handshake(server_context(made), other.authority, "localhost")
