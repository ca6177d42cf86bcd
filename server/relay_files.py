"""What coturn, its packet filter and the proxy are told: turnserver.conf, relay.nft and haproxy.cfg, as texts.

One address on port 443 carries pages, WebSocket and TURN. The proxy ends TLS once and tells them apart by ALPN
(RFC 7301): browsers say `http/1.1` for pages, and nobody says it for TURN, whose own name is `stun.turn` (RFC 7443).
Who says nothing is told apart by the first bytes: STUN has a cookie there (RFC 8489, section 5).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ALLOCATIONS_PER_PARTICIPANT = 24
"""A browser makes one for each of the relay's addresses, and has two connections while one replaces the other."""
ALLOCATIONS_IN_ALL = 2_000
NONCE_S = 600
TALKS_WITHIN_S = 5
IDLE_S = 75
NFT_TABLE = "tongke_relay"
SENDS_FROM = (49_152, 65_535)
"""UDP ports of allocations (RFC 8656, section 7.2): what leaves them goes to peers, and nothing else does."""
EVERYBODY = ("0.0.0.0-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")


@dataclass(frozen=True)
class RelayPlan:
    """What the programs need to know.

    peers: the addresses of `media_port`, the only ones that the relay sends to. addresses: the machine's own, from
    which it sends. http: where the server's pages are. *_user: whom the programs become when root starts them, or
    empty.
    """

    folder: Path
    secret: str
    port: int
    tls_port: int
    media_port: int
    peers: Sequence[str]
    addresses: Sequence[str]
    http: tuple[str, int]
    certificate: Path
    relay_user: str = ""
    proxy_user: str = ""


def turnserver_conf(plan: RelayPlan) -> str:
    """coturn's configuration. Whatever is not the media port's address is refused, also what is public.

    coturn knows addresses of peers, no ports: those are the packet filter's (`relay_nft`).
    """
    lines = [
        f"listening-port={plan.port}",
        "use-auth-secret",
        f"static-auth-secret={plan.secret}",
        "realm=tongke",
        "fingerprint",
        f"stale-nonce={NONCE_S}",
        f"user-quota={ALLOCATIONS_PER_PARTICIPANT}",
        f"total-quota={ALLOCATIONS_IN_ALL}",
        *(f"relay-ip={address}" for address in _sending(plan.addresses)),
        *(f"allowed-peer-ip={peer}" for peer in plan.peers if not ipaddress.ip_address(peer).is_loopback),
        *(f"denied-peer-ip={everybody}" for everybody in EVERYBODY),
        f"min-port={SENDS_FROM[0]}",
        f"max-port={SENDS_FROM[1]}",
        "no-multicast-peers",
        "no-tcp-relay",
        "no-tls",
        "no-dtls",
        "no-rfc5780",
        "no-software-attribute",
        "no-cli",
        "simple-log",
        "log-file=stdout",
        f"pidfile={plan.folder / 'turnserver.pid'}",
    ]
    if plan.relay_user:
        # Its database is the package's own, in /var/lib/turn: it cannot open one in our folder once it is its own user,
        # and then knows nobody.
        lines += [f"proc-user={plan.relay_user}", f"proc-group={plan.relay_user}"]
    else:
        lines.append(f"userdb={plan.folder / 'turndb'}")
    return "\n".join(lines) + "\n"


def relay_nft(plan: RelayPlan) -> str:
    """The packet filter's table, for `nft -f`, as often as one likes: what allocations send goes to the media port.

    The rest is dropped, not refused: who tries other ports through the relay does not learn which of them are open.
    Ports are compared for being equal only: nftables 1.0.6 takes two that are unequal for one pair that is.
    """
    first, last = SENDS_FROM
    own = f'meta skuid "{plan.relay_user}"'
    return f"""\
table inet {NFT_TABLE} {{}}
delete table inet {NFT_TABLE}
table inet {NFT_TABLE} {{
    chain sent {{
        type filter hook output priority filter; policy accept;
        {own} udp sport {plan.port} accept
        {own} udp dport {plan.media_port} accept
        {own} udp sport {first}-{last} drop
    }}
}}
"""


def haproxy_cfg(plan: RelayPlan) -> str:
    """HAProxy's configuration, 2.4 or later (`switch-mode`)."""
    host, port = plan.http
    become = f"    user {plan.proxy_user}\n    group {plan.proxy_user}\n" if plan.proxy_user else ""
    six = any(ipaddress.ip_address(address).version == 6 for address in plan.addresses)
    secure = f"ssl crt {plan.certificate} alpn http/1.1"
    # One socket a family: a shared one would tell the server `::ffff:192.0.2.1` of its callers.
    binds = [f":{plan.tls_port} {secure}", *([f":::{plan.tls_port} v6only {secure}"] if six else [])]
    listen = "\n".join(f"    bind {bind}" for bind in binds)
    return f"""\
global
    maxconn 4096
    ssl-default-bind-options ssl-min-ver TLSv1.2
{become}
defaults
    timeout connect 5s
    timeout client {IDLE_S}s
    timeout server {IDLE_S}s
    timeout tunnel 1h
    timeout http-request 15s

frontend shared
    mode tcp
{listen}
    tcp-request inspect-delay {TALKS_WITHIN_S}s
    acl says_pages ssl_fc_alpn http/1.1
    acl is_stun req.payload(4,4) -m bin 2112a442
    tcp-request content switch-mode http if says_pages
    tcp-request content accept if is_stun
    tcp-request content switch-mode http if HTTP
    tcp-request content reject if WAIT_END
    use_backend pages if says_pages or HTTP
    default_backend relay

backend pages
    mode http
    http-request return status 404 if {{ path /metrics }}
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Proto https
    server tongke {host}:{port}

backend relay
    mode tcp
    server coturn 127.0.0.1:{plan.port}
"""


def _sending(addresses: Sequence[str]) -> list[str]:
    """The first address of each family: one more would only halve the clients among equals."""
    found: dict[int, str] = {}
    for address in addresses:
        found.setdefault(ipaddress.ip_address(address).version, address)
    return list(found.values())
