"""Datagrams in: told apart, checked against limits, decrypted in place, numbered, and put in their source's batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from server.media.delivery import Delivery
from server.media.feedback import Feedback
from server.media.peer import Peer
from server.media.plane import Codec, OnControl
from server.media.red import blocks_of, found_again
from server.media.rtp import HEADER, HEADER_BYTES, payload_bounds
from server.media.source import Source
from server.media.srtp import Length, PacketBuffer, unprotect_rtp

LEAST_BYTES = 13
"""Shorter datagrams are neither STUN, DTLS nor SRTP (a DTLS record header alone has 13 bytes)."""
MOST_BYTES = 1500


class Intake:
    """The receiving half of the plane. `flows` is the plane's own table, shared."""

    def __init__(
        self,
        flows: dict[int, Peer],
        feedback: Feedback,
        delivery: Delivery,
        on_control: OnControl,
        drop: Callable[[str], None],
    ) -> None:
        self._flows = flows
        self._feedback = feedback
        self._delivery = delivery
        self._on_control = on_control
        self._drop = drop
        self._length = Length()
        self._touched: list[Source] = []

    def receive(
        self, sizes: Sequence[int], flows: Sequence[int], buffer: PacketBuffer, stride: int, now_ns: int
    ) -> None:
        """Datagram i has sizes[i] bytes, came from flows[i], and stands at i * stride in `buffer`.

        One long loop on purpose: at packet rate each function call costs as much as decrypting 300 bytes. What belongs
        to a flow is looked up once for a run of its datagrams; whatever may call upward ends the run.
        """
        view, raw, pointer = buffer.view, buffer.raw, buffer.pointer
        length, size_after = self._length.pointer, self._length.view
        by_flow, header, unprotect, touched = self._flows, HEADER.unpack_from, unprotect_rtp, self._touched
        peer: Peer | None = None
        source: Source | None = None
        context = None
        run_flow, run_ssrc, packets, octets, at = -1, -1, 0, 0, -stride
        for size, flow in zip(sizes, flows, strict=True):
            at += stride
            if size < LEAST_BYTES or size > MOST_BYTES:
                self._drop("size")
                continue
            first, second, sequence, timestamp, ssrc = header(view, at)
            if flow != run_flow:
                if packets and peer is not None:
                    peer.came(packets, octets)
                run_flow, run_ssrc, packets, octets = flow, -1, 0, 0
                peer = by_flow.get(flow)
                context = None if peer is None else peer.admitted(now_ns)
            if first & 0xC0 != 0x80:
                self._control(flow, peer, first, raw[at : at + size], now_ns)
                run_flow = -1
                continue
            if context is None or peer is None:
                self._refuse(peer)
                continue
            if 192 <= second <= 223:
                self._rtcp(peer, raw[at : at + size], now_ns)
                run_flow = -1
                continue
            if ssrc != run_ssrc:
                source = peer.by_ssrc.get(ssrc)
                if source is None and not peer.may_begin(ssrc):
                    peer.drop("ssrc")
                    continue
            size_after[0] = size
            if unprotect(context, pointer + at, length):
                peer.drop("srtp")
                continue
            end = at + size_after[0]
            packets += 1
            octets += size
            if source is None:
                source = self._learn(peer, view, at, end, ssrc, second & 0x7F, now_ns)
                if source is None:
                    continue
            run_ssrc = ssrc
            if now_ns >= peer.uplink.next_sample_ns:
                peer.sample_uplink(source, view, at, end, now_ns)
            start = at + HEADER_BYTES
            if first & 0x3F:
                bounds = payload_bounds(view, at, end)
                if bounds is None:
                    peer.drop("malformed")
                    continue
                start, end = bounds
            if second & 0x7F != source.payload_type:
                if second & 0x7F in source.repaired:
                    self._repair(source, timestamp, second, raw[start:end])
                    continue
                if source.codecs.get(second & 0x7F) is Codec.RED:
                    self._unpack(source, sequence, timestamp, second, raw[start:end], now_ns)
                    continue
                if not self._change_codec(source, second & 0x7F, now_ns):
                    continue
            if sequence == source.next_sequence:
                index = source.next_index
                source.next_index = index + 1
                source.next_sequence = sequence + 1 & 0xFFFF
            else:
                index = self._place(source, sequence, now_ns)
                if index < 0:
                    continue
            packet = (index, timestamp, second, raw[start:end])
            source.ring[index & source.ring_mask] = packet
            batch = source.batch
            if not batch:
                touched.append(source)
            batch.append(packet)
        if packets and peer is not None:
            peer.came(packets, octets)
        if touched:
            for source in touched:
                self._delivery.deliver(source, now_ns)
            touched.clear()

    def _refuse(self, peer: Peer | None) -> None:
        """Media from a stranger, from a peer without keys, or from one that is over its allowance."""
        if peer is None or peer.rx is None:
            self._drop("unbound")
        else:
            peer.drop("limit")

    def _control(self, flow: int, peer: Peer | None, first: int, data: bytes, now_ns: int) -> None:
        """STUN from anyone, DTLS only from a flow with an authenticated check (RFC 7983)."""
        if first < 4:
            self._on_control(flow, data)
        elif peer is None or not 20 <= first <= 63:
            self._drop("junk")
        elif peer.may_dtls(now_ns):
            self._on_control(flow, data)
        else:
            peer.drop("dtls")

    def _rtcp(self, peer: Peer, data: bytes, now_ns: int) -> None:
        assert peer.rx is not None
        ssrc = int.from_bytes(data[4:8], "big")
        peer.packets_left -= 1
        if not peer.may_begin(ssrc):
            peer.drop("ssrc")
            return
        clear = peer.rx.rtcp(data, protect=False)
        if clear is None:
            peer.drop("srtp")
            return
        peer.known_ssrcs.add(ssrc)
        peer.last_in_ns = now_ns
        self._feedback.receive(peer, clear, now_ns)

    def _learn(
        self, peer: Peer, view: memoryview, at: int, end: int, ssrc: int, payload_type: int, now_ns: int
    ) -> Source | None:
        """Binds a new SSRC to a source of the peer; batches of the old numbering leave first."""
        for touched in tuple(self._touched):
            self._deliver_early(touched, now_ns)
        peer.known_ssrcs.add(ssrc)
        source = peer.learn(view, at, end, ssrc, payload_type)
        if source is None:
            peer.drop("unknown")
        return source

    def _place(self, source: Source, sequence: int, now_ns: int) -> int:
        """The index of a packet that is not simply the next one; -1 if it is to be dropped."""
        if source.batch and source.leaps(sequence):
            self._deliver_early(source, now_ns)
        index = source.place(sequence, now_ns)
        if index < 0:
            source.peer.drop("stale")
        return index

    def _unpack(self, source: Source, sequence: int, timestamp: int, second: int, payload: bytes, now_ns: int) -> None:
        """Undoes RED: the packet's own sound as if it had come plain, before it what was lost and is in it again."""
        blocks = blocks_of(payload)
        own_type = source.payload_type if blocks is None else blocks[-1].payload_type
        if blocks is None or source.codecs.get(own_type) is not Codec.OPUS:
            source.peer.drop("malformed")
            return
        if own_type != source.payload_type and not self._change_codec(source, own_type, now_ns):
            return
        index = self._place(source, sequence, now_ns)
        if index < 0:
            return
        if not source.batch:
            self._touched.append(source)
        for again, block in found_again(source.history, index, timestamp, blocks[:-1]):
            if block.payload_type == own_type:
                source.take_again((again, timestamp - block.offset & 0xFFFFFFFF, own_type, block.payload))
        packet = (index, timestamp, second & 0x80 | own_type, blocks[-1].payload)
        source.history.keep(packet)
        source.batch.append(packet)

    def _repair(self, source: Source, timestamp: int, second: int, payload: bytes) -> None:
        """Undoes RTX (RFC 4588): the original number is in front of the payload. Padding probes carry nothing new."""
        if len(payload) < 2:
            return
        index = source.place_repair(payload[0] << 8 | payload[1])
        if index < 0:
            return
        if not source.batch:
            self._touched.append(source)
        packet = (index, timestamp, second & 0x80 | source.repaired[second & 0x7F], payload[2:])
        source.history.keep(packet)
        source.batch.append(packet)

    def _change_codec(self, source: Source, payload_type: int, now_ns: int) -> bool:
        if payload_type not in source.codecs:
            source.peer.drop("payload_type")
            return False
        if source.batch:
            self._deliver_early(source, now_ns)
        source.change_payload_type(payload_type)
        return True

    def _deliver_early(self, source: Source, now_ns: int) -> None:
        self._touched.remove(source)
        self._delivery.deliver(source, now_ns)
