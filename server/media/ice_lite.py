"""The ICE-lite agent of every connection at once: who may send from where (RFC 8445, sections 2.5 and 7.3).

Answers connectivity checks, never sends one. A check must carry a known fragment and the right integrity before
anything is said or remembered: an unauthenticated datagram gets silence. Candidates of the peer are not looked at; a
peer that moves (another address, another NAT port) nominates again and is followed.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field

from server.media import stun

CONSENT_NS = 30_000_000_000
"""Without a valid check for so long, a peer's consent is gone (RFC 7675, section 5.1)."""
MAX_FLOWS = 16
"""Flows remembered for one peer; the longest silent one that is not in use gives way."""
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Credentials:
    """ICE user fragment and password of our side of one connection (RFC 8839, section 5.4)."""

    ufrag: str
    password: str

    @staticmethod
    def fresh() -> Credentials:
        """Random ones: 8 and 24 characters, of which RFC 8445 asks 24 and 128 bits."""
        drawn = "".join(secrets.choice(_ALPHABET) for _ in range(32))
        return Credentials(drawn[:8], drawn[8:])


@dataclass(frozen=True, slots=True)
class Checked:
    """What an authentic check means: answer it; if it is `valid`, hear `peer` on this flow, and use the flow to send if
    `selected`; forget `dropped`."""

    peer: int
    answer: bytes
    valid: bool
    selected: bool
    dropped: int | None = None


@dataclass(slots=True)
class _Agent:
    peer: int
    ufrag: str
    password: bytes
    remote_ufrag: str
    last_valid_ns: int
    selected: int | None = None
    flows: dict[int, int] = field(default_factory=dict)


class IceLite:
    """Agents by user fragment."""

    def __init__(self) -> None:
        self._agents: dict[str, _Agent] = {}
        self._by_peer: dict[int, _Agent] = {}

    def add(self, peer: int, local: Credentials, remote_ufrag: str, now_ns: int) -> None:
        """Lets `peer` check in with our `local` credentials and its own fragment."""
        agent = _Agent(peer, local.ufrag, local.password.encode(), remote_ufrag, now_ns)
        self._agents[local.ufrag] = agent
        self._by_peer[peer] = agent

    def remove(self, peer: int) -> tuple[int, ...]:
        """Forgets a peer; returns its flows."""
        agent = self._by_peer.pop(peer, None)
        if agent is None:
            return ()
        del self._agents[agent.ufrag]
        return tuple(agent.flows)

    def check(self, flow: int, address: tuple[str, int], data: bytes, now_ns: int) -> Checked | None:
        """What to do about a STUN datagram from `flow`; None: nothing, it is not a valid check."""
        request = stun.parse_request(data)
        if request is None:
            return None
        ours, _, theirs = request.username.partition(":")
        agent = self._agents.get(ours)
        if agent is None or theirs != agent.remote_ufrag or not stun.authentic(data, request, agent.password):
            return None
        if request.controlled:
            return Checked(
                agent.peer, stun.role_conflict(request.transaction, agent.password), valid=False, selected=False
            )
        agent.last_valid_ns = now_ns
        answer = stun.success(request.transaction, address, agent.password)
        known = flow in agent.flows
        dropped = None if known else self._make_room(agent)
        agent.flows[flow] = now_ns
        selects = agent.selected != flow and (request.nominates or agent.selected is None)
        if selects:
            agent.selected = flow
        return Checked(agent.peer, answer, valid=True, selected=selects, dropped=dropped)

    def lost_flow(self, peer: int, flow: int) -> None:
        """A flow is gone (its TCP connection closed): a peer that used it is heard again from another."""
        agent = self._by_peer.get(peer)
        if agent is not None:
            agent.flows.pop(flow, None)
            if agent.selected == flow:
                agent.selected = None

    def expired(self, now_ns: int) -> list[int]:
        """Peers without a valid check for CONSENT_NS."""
        return [agent.peer for agent in self._by_peer.values() if now_ns - agent.last_valid_ns > CONSENT_NS]

    def moved(self, now_ns: int) -> list[tuple[int, int]]:
        """Peers that were checking from elsewhere only for CONSENT_NS, and the flow they checked from last.

        Consent is an address's (RFC 7675, section 5.1): nothing more may go to the one that was used so far.
        """
        found = []
        for agent in self._by_peer.values():
            if agent.selected is None or now_ns - agent.flows[agent.selected] <= CONSENT_NS or len(agent.flows) < 2:
                continue
            latest = max(agent.flows, key=agent.flows.__getitem__)
            if now_ns - agent.flows[latest] <= CONSENT_NS:
                agent.selected = latest
                found.append((agent.peer, latest))
        return found

    @staticmethod
    def _make_room(agent: _Agent) -> int | None:
        if len(agent.flows) < MAX_FLOWS:
            return None
        oldest = min((flow for flow in agent.flows if flow != agent.selected), key=agent.flows.__getitem__)
        del agent.flows[oldest]
        return oldest
