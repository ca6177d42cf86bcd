"""The switch of weak lines takes its orders however they come out of the pipe."""

from __future__ import annotations

import msgspec

from classroom_client.lines.line import Conditions, Line
from classroom_client.lines.switch import Order, Port, Switch

UP, DOWN = Conditions(loss=0.2), Conditions(cut=True)


def _order(host: str) -> bytes:
    return msgspec.json.encode(Order(host, UP, DOWN)) + b"\n"


def _switch() -> Switch:
    return Switch([Port(name, -1, bytes(6), Line(1), Line(2)) for name in ("near", "far")])


def _weak(switch: Switch) -> list[str]:
    return [port.name for port in switch.ports if (port.up.conditions, port.down.conditions) == (UP, DOWN)]


def test_orders_that_come_together_are_all_carried_out_at_once() -> None:
    switch = _switch()
    switch.obey(_order("near") + _order("far"))
    assert _weak(switch) == ["near", "far"]


def test_an_order_that_comes_in_pieces_waits_for_its_end() -> None:
    switch, order = _switch(), _order("far")
    switch.obey(order[:20])
    assert _weak(switch) == []
    switch.obey(order[20:])
    assert _weak(switch) == ["far"]
