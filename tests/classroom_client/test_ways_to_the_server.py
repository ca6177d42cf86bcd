"""Which way the classroom's media takes, one after the other."""

from __future__ import annotations

from classroom_client.ways import Relayed, Ways
from signaling.messages import IceServer

URLS = [
    "turn:tongke.example.cn:3478?transport=udp",
    "turn:tongke.example.cn:3478?transport=tcp",
    "turns:tongke.example.cn:443?transport=tcp",
]


def told(username: str = "1:room-1") -> list[IceServer]:
    return [IceServer(urls=URLS, username=username, credential="secret")]


def relayed(url: str, username: str = "1:room-1") -> Relayed:
    return Relayed(IceServer(urls=[url], username=username, credential="secret"), None)


def test_without_a_relay_there_is_only_the_straight_way() -> None:
    ways = Ways(None)
    ways.learn([])
    for _ in range(3):
        assert ways.now is None
        ways.failed()
    assert not ways.has_relay


def test_the_straight_way_comes_first_and_again_after_each_relay_tls_before_tcp() -> None:
    ways = Ways(None)
    ways.learn(told())
    tried = []
    for _ in range(5):
        tried.append(ways.now)
        ways.failed()
    assert tried == [None, relayed(URLS[2]), None, relayed(URLS[1]), None]


def test_what_worked_is_kept_with_the_credentials_of_the_latest_welcome() -> None:
    ways = Ways(None)
    ways.learn(told())
    ways.failed()
    assert ways.now == relayed(URLS[2])
    ways.learn(told("2:room-1"))
    assert ways.now == relayed(URLS[2], "2:room-1")
    ways.learn([])
    assert ways.now is None
