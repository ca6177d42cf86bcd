"""The server's own certificate authority and its certificate: https on a county LAN that has no Internet.

A browser gives a page camera and microphone only over https (or on loopback), so every room device trusts this
authority once. Its key never leaves the data directory; the certificate lists every address and name of the machine and
is renewed by itself when they change or its 397 days (the browsers' limit) come to an end.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = timedelta(days=3650)
LEAF_LIFE = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)
CLOCK_SLACK = timedelta(days=2)
"""Room devices' clocks are often behind: certificates are valid from two days before they were made."""


class CertificateError(Exception):
    """The files are there but cannot be used. `path` names the one to look at."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path


@dataclass(frozen=True)
class Identity:
    """Where the files lie. `fingerprint` is the authority's SHA-256, as devices show it before trusting."""

    authority: Path
    certificate: Path
    key: Path
    fingerprint: str
    expires: datetime
    renewed: bool


def ensure(folder: Path, names: Iterable[str], now: datetime) -> Identity:
    """A certificate for `names` (host names and addresses), made or renewed where needed. `now` is in UTC.

    Raises:
        CertificateError: a file is damaged or belongs to another authority's key.
        OSError: the folder cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, authority_key = _authority(folder, now)
    leaf_path, key_path = folder / "server.crt", folder / "server.key"
    wanted = {_general_name(name) for name in names}
    leaf = _usable_leaf(leaf_path, key_path, authority, wanted, now)
    renewed = leaf is None
    if leaf is None:
        leaf = _issue_leaf(leaf_path, key_path, authority, authority_key, wanted, now)
    return Identity(
        authority=folder / "ca.crt",
        certificate=leaf_path,
        key=key_path,
        fingerprint=_fingerprint(authority),
        expires=leaf.not_valid_after_utc,
        renewed=renewed,
    )


def fingerprint(folder: Path) -> str:
    """The authority's SHA-256, as devices show it.

    Raises:
        CertificateError: the file is no certificate.
    """
    return _fingerprint(_load_certificate(folder / "ca.crt"))


def server_context(identity: Identity) -> ssl.SSLContext:
    """TLS 1.2 and later with this certificate; loading it again with `reload` serves new connections."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    reload(context, identity)
    return context


def reload(context: ssl.SSLContext, identity: Identity) -> None:
    """Puts a renewed certificate into a context in use."""
    context.load_cert_chain(identity.certificate, identity.key)


def _authority(folder: Path, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate_path, key_path = folder / "ca.crt", folder / "ca.key"
    if key_path.exists() and certificate_path.exists():
        key = _load_key(key_path)
        certificate = _load_certificate(certificate_path)
        if certificate.public_key() != key.public_key():
            raise CertificateError(certificate_path, "does not belong to ca.key")
        return certificate, key
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    name = _name(f"Tongke {identifier.digest.hex()[:8]}")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(key_path, _private_pem(key), 0o600)
    _write(certificate_path, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    return certificate, key


def _usable_leaf(
    path: Path, key_path: Path, authority: x509.Certificate, wanted: set[x509.GeneralName], now: datetime
) -> x509.Certificate | None:
    """The certificate on disk if it still serves: ours, for all wanted names, and not near its end."""
    if not (path.exists() and key_path.exists()):
        return None
    try:
        leaf = _load_certificate(path)
        leaf.verify_directly_issued_by(authority)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        same_key = leaf.public_key() == _load_key(key_path).public_key()
    except (CertificateError, InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return None
    current = leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc - RENEW_BEFORE
    return leaf if same_key and current and wanted <= set(names) else None


def _issue_leaf(
    path: Path,
    key_path: Path,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    names: set[x509.GeneralName],
    now: datetime,
) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name("Tongke"))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now - CLOCK_SLACK + LEAF_LIFE)
        .add_extension(x509.SubjectAlternativeName(sorted(names, key=repr)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _write(key_path, _private_pem(key), 0o600)
    _write(path, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    return certificate


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise CertificateError(path, "is not a private key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CertificateError(path, "is not an elliptic curve key")
    return key


def _load_certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise CertificateError(path, "is not a certificate") from error


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Replaces a file whole, on disk before its name: a power cut leaves the old one or the new one."""
    temporary = path.with_suffix(path.suffix + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
