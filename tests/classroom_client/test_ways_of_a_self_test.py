"""Which candidates of the server's answer each way of a self-test is tried with."""

from __future__ import annotations

from classroom_client.ice_tcp import passive
from classroom_client.selftest.ways import only

UDP = "a=candidate:1 1 udp 2130706431 192.0.2.7 8444 typ host"
TCP = "a=candidate:2 1 tcp 1671430143 192.0.2.7 8444 typ host tcptype passive"
ANSWER = f"v=0\r\n{UDP}\r\n{TCP}\r\na=end-of-candidates\r\n"


def test_udp_and_the_relay_are_tried_without_the_tcp_port() -> None:
    assert only("udp", ANSWER) == only("relay", ANSWER) == f"v=0\r\n{UDP}\r\na=end-of-candidates\r\n"


def test_tcp_is_tried_where_udp_leads_nowhere() -> None:
    led_astray = only("tcp", ANSWER)
    assert " 192.0.2.7 9 typ host" in led_astray
    assert [each.port for each in passive(led_astray)] == [8444]
