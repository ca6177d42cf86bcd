"""A switch between TAP devices in network namespaces, whose lines are weak.

`python -m classroom_client.lines.switch PLUG ...`: a plug is `NAMESPACE` or `NAMESPACE=ADDRESS,ADDRESS...`; plugs of
one namespace are several devices in it. Linux has netem for this, but not every kernel does. Commands come as JSON
lines, each an `Order`.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import select
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Final

import msgspec

from classroom_client.lines.line import Conditions, Line, let_through, shifted

NETWORK: Final = "10.98.0"
FRAMES_AT_ONCE: Final = 64
FRAME_BYTES: Final = 2048
ORDERS_BYTES: Final = 65_536
_TUNSETIFF, _IFF_TAP, _IFF_NO_PI = 0x400454CA, 0x0002, 0x1000


class Order(msgspec.Struct):
    """From now on the plug `host` has these lines: `up` to the switch, `down` from it."""

    host: str
    up: Conditions = Conditions()
    down: Conditions = Conditions()


@dataclass(eq=False)
class Port:
    """One host's end."""

    name: str
    descriptor: int
    mac: bytes
    up: Line
    down: Line


@dataclass
class Switch:
    """Frames on their way, by the time they come out."""

    ports: list[Port]
    _waiting: list[tuple[float, int, bool, Port, bytes]] = field(default_factory=list)
    _count: int = 0
    _begun: bytes = b""

    def run(self) -> None:
        """Until stdin closes."""
        poll = select.epoll()
        by_descriptor = {port.descriptor: port for port in self.ports}
        for descriptor in (*by_descriptor, sys.stdin.fileno()):
            poll.register(descriptor, select.EPOLLIN)
        while True:
            self._deliver(time.monotonic())
            wait_s = max(0.0, self._waiting[0][0] - time.monotonic()) if self._waiting else 1.0
            for descriptor, _ in poll.poll(wait_s):
                if descriptor in by_descriptor:
                    self._take(by_descriptor[descriptor])
                elif data := os.read(sys.stdin.fileno(), ORDERS_BYTES):
                    self.obey(data)
                else:
                    return

    def obey(self, data: bytes) -> None:
        """Carries out every order that is whole in what has come; several may come at once, and one in pieces."""
        *lines, self._begun = (self._begun + data).split(b"\n")
        for line in lines:
            order = msgspec.json.decode(line, type=Order)
            port = next(port for port in self.ports if port.name == order.host)
            port.up.conditions, port.down.conditions = order.up, order.down

    def _take(self, port: Port) -> None:
        for _ in range(FRAMES_AT_ONCE):
            try:
                frame = os.read(port.descriptor, FRAME_BYTES)
            except BlockingIOError:
                return
            if not let_through(frame, port.up.conditions, up=True):
                continue
            now_s = time.monotonic()
            for out_s in port.up.passes(now_s, len(frame)):
                moved = shifted(frame, port.up.conditions.port_shift, source=True)
                for to in self._receivers(port, frame[:6]):
                    self._wait(out_s, True, to, moved)

    def _receivers(self, sender: Port, mac: bytes) -> list[Port]:
        known = [port for port in self.ports if port.mac == mac]
        return known or [port for port in self.ports if port is not sender and mac[0] & 1]

    def _deliver(self, now_s: float) -> None:
        while self._waiting and self._waiting[0][0] <= now_s:
            _, _, climbs, port, frame = heapq.heappop(self._waiting)
            if climbs and let_through(frame, port.down.conditions, up=False):
                moved = shifted(frame, port.up.conditions.port_shift, source=False)
                for out_s in port.down.passes(now_s, len(frame)):
                    self._wait(out_s, False, port, moved)
            elif not climbs:
                try:
                    os.write(port.descriptor, frame)
                except OSError:
                    port.down.lost += 1

    def _wait(self, out_s: float, climbs: bool, port: Port, frame: bytes) -> None:
        self._count += 1
        heapq.heappush(self._waiting, (out_s, self._count, climbs, port, frame))


def _plug(number: int, plug: str) -> Port:
    """A TAP device in a namespace, with its addresses (of NETWORK.number where none are said), as `weak<number>`."""
    name, _, addresses = plug.partition("=")
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    device, mac = f"weak{number}", f"02:98:00:00:00:{number:02x}"
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH14x", device.encode(), _IFF_TAP | _IFF_NO_PI))
    for command in (
        f"link set {device} netns {name}",
        f"-n {name} link set {device} address {mac}",
        *(f"-n {name} addr add {each}/24 dev {device}" for each in (addresses or f"{NETWORK}.{number}").split(",")),
        f"-n {name} link set {device} up",
        f"-n {name} link set lo up",
        f"-n {name} route replace default dev {device}",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    return Port(plug, descriptor, bytes.fromhex(mac.replace(":", "")), Line(2 * number), Line(2 * number + 1))


def move(namespace: str, number: int, address: str) -> None:
    """Gives plug `number` another address in its network; the one it had is gone."""
    device = f"weak{number}"
    for command in (
        f"addr flush dev {device} scope global",
        f"addr add {address}/24 dev {device}",
        f"route replace default dev {device}",
    ):
        subprocess.run(["ip", "-n", namespace, *command.split()], check=True)


def _settled(namespace: str) -> None:
    """Without IPv6: its addresses come a second or two after the device, and a browser drops what it loads at that."""
    switched_off = "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6"
    subprocess.run(["ip", "netns", "exec", namespace, "sh", "-c", switched_off], check=False, stderr=subprocess.DEVNULL)


def main() -> None:
    """Plug number n of the arguments, from 1, gets the address NETWORK.n unless it says others."""
    plugs = sys.argv[1:]
    names = list(dict.fromkeys(plug.partition("=")[0] for plug in plugs))
    for name in names:
        subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)
    try:
        for name in names:
            subprocess.run(["ip", "netns", "add", name], check=True)
            _settled(name)
        switch = Switch([_plug(number, plug) for number, plug in enumerate(plugs, 1)])
        print("ready", flush=True)
        switch.run()
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False)


if __name__ == "__main__":
    main()
