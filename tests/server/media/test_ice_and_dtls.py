"""Connectivity checks and the DTLS handshake, without sockets; aioice and aiortc are the other side."""

from __future__ import annotations

import pytest
from aioice import stun as theirs
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCCertificate
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from server.media import stun
from server.media.dtls import DtlsServer, DtlsState, Fingerprint, Identity
from server.media.ice_lite import CONSENT_NS, MAX_FLOWS, Credentials, IceLite

OURS = Credentials("ourfrag1", "ourpassword0123456789abc")
ADDRESS = ("203.0.113.5", 40_000)


def check(
    *,
    username: str = "ourfrag1:theirs",
    password: str = OURS.password,
    nominate: bool = False,
    controlled: bool = False,
) -> bytes:
    """A binding request as aioice sends it."""
    message = theirs.Message(theirs.Method.BINDING, theirs.Class.REQUEST)
    message.attributes["USERNAME"] = username
    message.attributes["PRIORITY"] = 1
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.attributes["ICE-CONTROLLED" if controlled else "ICE-CONTROLLING"] = 7
    message.add_message_integrity(password.encode())
    return bytes(message)


@pytest.fixture
def ice() -> IceLite:
    agents = IceLite()
    agents.add(1, OURS, "theirs", 0)
    return agents


@pytest.mark.parametrize("address", [ADDRESS, ("2001:db8::1", 9), ("fe80::1%2", 5)])
def test_a_valid_check_is_answered_with_the_senders_address(ice: IceLite, address: tuple[str, int]) -> None:
    request = check()
    checked = ice.check(5, address, request, 0)
    assert checked is not None
    answer = theirs.parse_message(checked.answer)
    assert answer.check_message_integrity(OURS.password.encode())
    assert answer.message_class == theirs.Class.RESPONSE
    assert answer.transaction_id == request[8:20]
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == (address[0].split("%")[0], address[1])
    assert "FINGERPRINT" in answer.attributes


@pytest.mark.parametrize(
    "request_",
    [
        check(username="nobody12:theirs"),
        check(username="ourfrag1:others"),
        check(username="ourfrag1"),
        check(username=""),
        check(password="wrong"),
        check()[:-1],
        check() + b"\x00",
        check().replace(stun.COOKIE, b"\x00\x00\x00\x00", 1),
        bytes(theirs.Message(theirs.Method.BINDING, theirs.Class.REQUEST)),
        bytes(theirs.Message(theirs.Method.ALLOCATE, theirs.Class.REQUEST)),
        b"\x00\x01\x00\x00" + stun.COOKIE + bytes(12),
        b"",
    ],
    ids=[
        "another user", "another peer", "no peer", "nobody", "wrong password", "cut", "longer", "no cookie",
        "no integrity", "another method", "no attributes", "empty",
    ],
)  # fmt: skip
def test_whatever_is_not_a_valid_check_gets_silence(ice: IceLite, request_: bytes) -> None:
    assert ice.check(5, ADDRESS, request_, 0) is None


@given(st.binary(max_size=100))
def test_no_bytes_make_the_parser_fail(data: bytes) -> None:
    stun.parse_request(data)
    stun.parse_request(b"\x00\x01" + len(data).to_bytes(2, "big") + stun.COOKIE + bytes(12) + data)


def test_the_first_flow_is_used_until_another_is_nominated(ice: IceLite) -> None:
    first = ice.check(5, ADDRESS, check(), 0)
    second = ice.check(6, ADDRESS, check(), 0)
    third = ice.check(6, ADDRESS, check(nominate=True), 0)
    again = ice.check(6, ADDRESS, check(nominate=True), 0)
    flags = [(one.valid, one.selected) for one in (first, second, third, again) if one is not None]
    assert flags == [(True, True), (True, False), (True, True), (True, False)]


def test_a_peer_that_claims_our_role_is_told_of_the_conflict(ice: IceLite) -> None:
    checked = ice.check(5, ADDRESS, check(controlled=True), 0)
    assert checked is not None
    assert theirs.parse_message(checked.answer).attributes["ERROR-CODE"] == (487, "Role Conflict")
    assert not (checked.valid)
    assert not (checked.selected)


def test_consent_ends_30_s_after_the_last_valid_check(ice: IceLite) -> None:
    ice.check(5, ADDRESS, check(), 10)
    ice.check(5, ADDRESS, check(password="wrong"), 20)
    assert ice.expired(10 + CONSENT_NS) == []
    assert ice.expired(11 + CONSENT_NS) == [1]


def test_an_address_loses_its_consent_though_the_peer_checks_from_another(ice: IceLite) -> None:
    ice.check(5, ADDRESS, check(nominate=True), 0)
    assert ice.moved(CONSENT_NS + 1) == [], "there is no other: the peer itself expires"
    for now_ns in (10, CONSENT_NS):
        ice.check(6, ADDRESS, check(), now_ns)
    assert ice.moved(CONSENT_NS) == []
    assert ice.moved(CONSENT_NS + 1) == [(1, 6)]
    assert ice.moved(CONSENT_NS + 1) == []
    back = ice.check(5, ADDRESS, check(nominate=True), CONSENT_NS + 2)
    assert back is not None
    assert back.selected


def test_flows_of_one_peer_are_limited_and_the_used_one_stays(ice: IceLite) -> None:
    for flow in range(100):
        checked = ice.check(flow, ADDRESS, check(nominate=flow == 0), flow)
        assert checked is not None
        assert checked.dropped == (None if flow < MAX_FLOWS else flow - MAX_FLOWS + 1)
    assert len(ice.remove(1)) == MAX_FLOWS
    assert ice.check(0, ADDRESS, check(), 0) is None


def test_after_its_tcp_connection_is_gone_a_peer_is_followed_to_the_next_flow(ice: IceLite) -> None:
    ice.check(5, ADDRESS, check(), 0)
    ice.lost_flow(1, 5)
    checked = ice.check(6, ADDRESS, check(), 0)
    assert checked is not None
    assert checked.selected


def test_credentials_are_long_and_never_the_same() -> None:
    drawn = [Credentials.fresh() for _ in range(100)]
    assert {(len(one.ufrag), len(one.password)) for one in drawn} == {(8, 24)}
    assert len({one.ufrag for one in drawn}) == 100


# --- DTLS ---


class Client:
    """A DTLS client in memory, as aiortc makes it."""

    def __init__(self, certificate: RTCCertificate | None = None) -> None:
        self.certificate = certificate or RTCCertificate.generateCertificate()
        self.connection = SSL.Connection(self.certificate._create_ssl_context(SRTP_PROFILES))
        self.connection.set_connect_state()
        self.fingerprints = tuple(Fingerprint(f.algorithm, f.value) for f in self.certificate.getFingerprints())

    def step(self) -> list[bytes]:
        try:
            self.connection.do_handshake()
        except SSL.WantReadError:
            pass
        return self.outgoing()

    def outgoing(self) -> list[bytes]:
        sent = []
        while True:
            try:
                sent.append(self.connection.bio_read(1500))
            except SSL.Error:
                return sent

    def shake(self, server: DtlsServer) -> None:
        for _ in range(6):
            for datagram in self.step():
                server.receive(datagram)
            for datagram in server.outgoing():
                assert len(datagram) <= 1200
                self.connection.bio_write(datagram)


IDENTITY = Identity()


def test_the_handshake_yields_the_keys_that_the_client_has_with_gcm_first() -> None:
    client = Client()
    server = DtlsServer(IDENTITY, client.fingerprints)
    client.shake(server)
    assert server.state is DtlsState.CONNECTED
    assert server.keys is not None
    assert server.keys.profile == "SRTP_AEAD_AES_128_GCM"
    material = client.connection.export_keying_material(b"EXTRACTOR-dtls_srtp", 56)
    assert server.keys.rx == material[0:16] + material[32:44]
    assert server.keys.tx == material[16:32] + material[44:56]


def test_a_certificate_that_was_not_signaled_fails() -> None:
    client = Client()
    for expected in (Client().fingerprints, (), (client.fingerprints[0], Client().fingerprints[1])):
        server = DtlsServer(IDENTITY, expected)
        Client(client.certificate).shake(server)
        assert server.state is DtlsState.FAILED
        assert server.keys is None


@given(st.lists(st.binary(min_size=13, max_size=60), max_size=5))
def test_garbage_does_not_disturb_a_handshake(garbage: list[bytes]) -> None:
    client = Client()
    server = DtlsServer(IDENTITY, client.fingerprints)
    for datagram in client.step():
        server.receive(datagram)
    for junk in garbage:
        server.receive(bytes((20 + junk[0] % 44,)) + junk[1:])
    for datagram in server.outgoing():
        client.connection.bio_write(datagram)
    client.shake(server)
    assert server.state is DtlsState.CONNECTED


def test_a_flight_that_was_lost_is_sent_again() -> None:
    client = Client()
    server = DtlsServer(IDENTITY, client.fingerprints)
    for datagram in client.step():
        server.receive(datagram)
    assert server.outgoing()
    timeout = server.timeout_s()
    assert timeout is not None
    assert 0 < timeout <= 1.0


def test_goodbyes_are_said_and_understood() -> None:
    client = Client()
    server = DtlsServer(IDENTITY, client.fingerprints)
    client.shake(server)
    server.close()
    server.close()
    assert server.state is DtlsState.CLOSED
    (alert,) = server.outgoing()
    assert alert[0] == 21
    other = Client()
    left = DtlsServer(IDENTITY, other.fingerprints)
    other.shake(left)
    other.connection.shutdown()
    for datagram in other.outgoing():
        left.receive(datagram)
    assert left.state is DtlsState.CLOSED
