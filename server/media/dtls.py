"""The DTLS server of one connection: the handshake that yields SRTP keys (RFC 5763, RFC 5764), and its data channel.

No sockets and no clock here: datagrams go in by `receive`, come out of `outgoing`, and whoever owns the connection
calls `retransmit` when `timeout_s` has passed. OpenSSL does the protocol (docs/decisions/0003).
"""

from __future__ import annotations

import datetime
import secrets
from contextlib import suppress
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct
from OpenSSL import SSL

from server.media.plane import SrtpKeys

MTU = 1200
"""Bytes of one DTLS datagram at most: what fits any path that carries our RTP."""
RECORD_HEADER_BYTES = 13
VALID_DAYS = 365
CIPHERS = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305"
PROFILES = {
    b"SRTP_AEAD_AES_128_GCM": (16, 12),
    b"SRTP_AEAD_AES_256_GCM": (32, 12),
    b"SRTP_AES128_CM_SHA1_80": (16, 14),
}
"""SRTP protection profiles in our order of preference, with key and salt bytes (RFC 7714, RFC 5764)."""
_EXPORTER = b"EXTRACTOR-dtls_srtp"
_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
    "sha-512": hashes.SHA512(),
}


class Fingerprint(Struct, frozen=True):
    """A certificate's digest from `a=fingerprint` (RFC 8122, section 5): lower-case algorithm, upper-case pairs."""

    algorithm: str
    value: str


class Identity:
    """Our certificate (ECDSA P-256: its flight fits one datagram) and what it is made of into OpenSSL."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, secrets.token_hex(16))])
        now = datetime.datetime.now(tz=datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = digest(certificate, "sha-256")
        self.context = SSL.Context(SSL.DTLS_METHOD)
        self.context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU)
        # The chain means nothing here: trust comes from the fingerprint in the signaled offer.
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self.context.use_certificate(certificate)
        self.context.use_privatekey(key)
        self.context.set_cipher_list(CIPHERS)
        self.context.set_tlsext_use_srtp(b":".join(PROFILES))


def digest(certificate: x509.Certificate, algorithm: str) -> Fingerprint:
    """The certificate's fingerprint as SDP writes it."""
    raw = certificate.fingerprint(_DIGESTS[algorithm]).hex().upper()
    return Fingerprint(algorithm, ":".join(raw[at : at + 2] for at in range(0, len(raw), 2)))


class DtlsState(Enum):
    """Where a connection's DTLS stands; it only moves forward."""

    HANDSHAKING = "handshaking"
    CONNECTED = "connected"
    FAILED = "failed"
    CLOSED = "closed"


class DtlsServer:
    """One connection's DTLS, in the server role. `keys` are there once the state is CONNECTED."""

    def __init__(self, identity: Identity, expected: tuple[Fingerprint, ...]) -> None:
        self._expected = expected
        self._ssl = SSL.Connection(identity.context)
        self._ssl.set_accept_state()
        self._ssl.set_ciphertext_mtu(MTU)
        self.state = DtlsState.HANDSHAKING
        self.keys: SrtpKeys | None = None

    def receive(self, datagram: bytes) -> list[bytes]:
        """Takes one datagram from the peer; the data in it. Garbage changes nothing (RFC 6347, section 4.1.2.7)."""
        if self.state in (DtlsState.FAILED, DtlsState.CLOSED):
            return []
        self._ssl.bio_write(datagram)
        if self.state is DtlsState.HANDSHAKING:
            self._advance()
        return self._drain() if self.state is DtlsState.CONNECTED else []

    def send(self, data: bytes) -> None:
        """Encrypts data of a datagram's size into `outgoing`; nothing happens while not connected."""
        if self.state is DtlsState.CONNECTED:
            with suppress(SSL.Error):  # the other end has said goodbye meanwhile
                self._ssl.send(data)

    def outgoing(self) -> list[bytes]:
        """Datagrams to send now: whole records, packed up to the MTU."""
        try:
            stream = self._ssl.bio_read(65536)
        except SSL.Error:
            return []
        datagrams = [b""]
        at = 0
        while at + RECORD_HEADER_BYTES <= len(stream):
            end = at + RECORD_HEADER_BYTES + int.from_bytes(stream[at + 11 : at + 13], "big")
            if len(datagrams[-1]) + end - at > MTU:
                datagrams.append(b"")
            datagrams[-1] += stream[at:end]
            at = end
        return [datagram for datagram in datagrams if datagram]

    def timeout_s(self) -> float | None:
        """Seconds until `retransmit` is due; None when no flight is open."""
        return None if self.state is not DtlsState.HANDSHAKING else self._ssl.DTLSv1_get_timeout()

    def retransmit(self) -> None:
        """Sends the last flight again, if its time is over."""
        try:
            self._ssl.DTLSv1_handle_timeout()
        except SSL.Error:
            self.state = DtlsState.FAILED

    def close(self) -> None:
        """Says goodbye; the alert is in `outgoing`. Closing twice is closing once."""
        if self.state is DtlsState.CONNECTED:
            try:
                self._ssl.shutdown()
            except SSL.Error:
                pass
        self.state = DtlsState.CLOSED

    def _advance(self) -> None:
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error:
            self.state = DtlsState.FAILED
            return
        keys = self._exported() if self._peer_is_who_signaled() else None
        if keys is None:
            self.state = DtlsState.FAILED
        else:
            self.keys, self.state = keys, DtlsState.CONNECTED

    def _peer_is_who_signaled(self) -> bool:
        """Every signaled fingerprint must be of the certificate the peer showed (RFC 8122, section 5.1)."""
        certificate = self._ssl.get_peer_certificate(as_cryptography=True)
        if certificate is None or not self._expected:
            return False
        return all(digest(certificate, one.algorithm) == one for one in self._expected)

    def _exported(self) -> SrtpKeys | None:
        profile = self._ssl.get_selected_srtp_profile()
        if profile not in PROFILES:
            return None
        key, salt = PROFILES[profile]
        material = self._ssl.export_keying_material(_EXPORTER, 2 * (key + salt))
        salts = material[2 * key :]
        return SrtpKeys(profile.decode(), rx=material[:key] + salts[:salt], tx=material[key : 2 * key] + salts[salt:])

    def _drain(self) -> list[bytes]:
        """Reads what the peer sent after the handshake: data, or its goodbye."""
        came: list[bytes] = []
        while True:
            try:
                came.append(self._ssl.recv(4096))
            except SSL.WantReadError:
                return came
            except (SSL.ZeroReturnError, SSL.SysCallError):
                self.state = DtlsState.CLOSED
                return came
            except SSL.Error:
                return came
