"""What a line carries and which pictures it gets: by value, and through the keeper on a plane in memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.estimates import Line, Reading, observed
from server.media.layers import Option, Wish, allocate
from server.media.line_keeper import LineKeeper
from server.media.plane import EventKind
from server.media.receiver_line import ReceiverLine
from signaling.messages import Layer, Rung
from tests.contract.plane_world import H264, OTHER_H264, SECOND, World, h264

COST: dict[Layer, int] = {"q": 150_000, "h": 500_000, "f": 1_600_000}
LAYERS: tuple[Layer, ...] = ("q", "h", "f")


def wish(slot: int, layer: Layer, weight: int = 0, flowing: str = "qhf") -> Wish:
    options = tuple(Option(one, COST[one], at) for at, one in enumerate(LAYERS) if one in flowing)
    return Wish(slot, layer, options, weight)


def layers(wishes: list[Wish], budget: int | None) -> dict[int, str]:
    return {slot: option.layer for slot, option in sorted(allocate(wishes, budget).items())}


def test_without_a_known_limit_every_slot_gets_its_wish_or_the_nearest_that_flows() -> None:
    wishes = [
        wish(0, "f"),
        wish(1, "q"),
        wish(2, "h", flowing="q"),
        wish(3, "q", flowing="hf"),
        wish(4, "f", flowing=""),
    ]
    assert layers(wishes, None) == {0: "f", 1: "q", 2: "q", 3: "h"}


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (3_000_000, {0: "h", 1: "f", 2: "h"}),
        (2_000_000, {0: "q", 1: "f", 2: "q"}),
        (1_000_000, {0: "q", 1: "h", 2: "q"}),
        (450_000, {0: "q", 1: "q", 2: "q"}),
        (300_000, {0: "q", 1: "q"}),
        (150_000, {1: "q"}),
        (100_000, {}),
    ],
)
def test_under_scarcity_the_stage_is_sharpest_then_everyone_is_seen_then_the_stage_alone(
    budget: int, expected: dict[int, str]
) -> None:
    assert layers([wish(0, "h"), wish(1, "f", weight=9), wish(2, "h")], budget) == expected


@given(st.integers(0, 6_000_000), st.lists(st.tuples(st.sampled_from(LAYERS), st.integers(0, 9)), max_size=6))
def test_a_budget_is_never_exceeded(budget: int, rows: list[tuple[Layer, int]]) -> None:
    given_options = allocate([wish(slot, layer, weight) for slot, (layer, weight) in enumerate(rows)], budget)
    assert sum(option.bps for option in given_options.values()) <= budget


def after(line: Line, *readings: Reading) -> Line:
    for reading in readings:
        line = observed(line, reading)
    return line


def test_a_low_estimate_alone_is_no_limit() -> None:
    readings = [Reading(float(n), 1_500_000, 50_000, 0, 40) for n in range(20)]
    assert after(Line(), *readings).budget_bps is None


def test_loss_at_random_is_no_limit() -> None:
    readings = [Reading(float(n), 1_500_000, 2_000_000, 120, 40) for n in range(20)]
    assert after(Line(), *readings).budget_bps is None


def test_a_radio_link_that_loses_a_little_and_jitters_is_no_narrow_line() -> None:
    readings = [Reading(float(n), 1_500_000, 600_000, 30 + n % 3 * 10, 200 + n % 4 * 30) for n in range(20)]
    assert after(Line(), *readings).budget_bps is None


def test_a_queue_shows_on_a_long_line_too() -> None:
    assert after(
        Line(), *(Reading(float(n), 900_000, 120_000, 0, trip) for n, trip in enumerate((600, 900, 900, 900)))
    ).budget_bps


def test_one_bad_second_takes_nothing_away_and_two_do() -> None:
    line = after(Line(), Reading(1.0, 1_500_000, 600_000, 120, 40))
    assert line.budget_bps is None
    assert after(line, Reading(2.0, 1_500_000, 600_000, 120, 40)).budget_bps == 600_000
    assert (
        after(line, Reading(2.0, 1_500_000, 2_000_000, 120, 40), Reading(3.0, 1_500_000, 600_000, 120, 40)).budget_bps
        is None
    )


def test_a_growing_queue_counts_like_loss() -> None:
    line = after(
        Line(), *(Reading(float(n), 1_500_000, 600_000, 0, trip) for n, trip in enumerate((40, 300, 500, 500)))
    )
    assert line.budget_bps == 600_000


def test_very_heavy_loss_takes_away_without_an_estimate_but_not_everything() -> None:
    line = Line()
    for n in range(60):
        line = observed(line, Reading(float(n), line.budget_bps or 1_500_000, None, 400, None))
    assert line.budget_bps == 400_000


def test_a_budget_is_tried_upward_and_the_next_trial_comes_later_when_one_failed() -> None:
    bad = [Reading(t, 1_500_000, 600_000, 120, 40) for t in (1.0, 2.0)]
    line = after(Line(), *bad)
    assert after(line, Reading(5.9, 500_000, 800_000, 0, 40)).budget_bps == 600_000
    tried = after(line, Reading(6.0, 500_000, 800_000, 0, 40))
    assert tried.budget_bps == 1_200_000
    failed = after(tried, Reading(7.0, 900_000, 600_000, 120, 40), Reading(8.0, 900_000, 600_000, 120, 40))
    assert (failed.budget_bps, failed.hold_s) == (600_000, 8.0)
    free = tried
    for n in range(9, 60):
        free = observed(free, Reading(float(n), 900_000, 1_400_000, 0, 40))
    assert free.budget_bps is None


# --- on a plane ---

AUDIO = 0
"""The route beside the picture's; nothing comes over it."""


class Class:
    """A publisher with three layers, a receiver with one slot, and a keeper between."""

    def __init__(self) -> None:
        self.world = World()
        self.rungs: list[tuple[int, Rung]] = []
        self.keeper = LineKeeper(self.world.plane, lambda peer, rung: self.rungs.append((peer, rung)))
        self.sender, self.receiver = self.world.end(), self.world.end()
        self.sources = {rid: self.sender.source(H264, ssrc=7 + at, mid="3", rid=rid) for at, rid in enumerate(LAYERS)}
        self.route = self.receiver.route(OTHER_H264, ssrc=70)
        self.keeper.add(self.sender.peer, (), [self.sources])
        self.keeper.add(self.receiver.peer, ((AUDIO, self.route),), [])
        self.keeper.show(self.receiver.peer, 0, self.sources["f"])
        self.told = self.count = self.highest = self.lost = 0

    def narrowed(self, bps: int) -> Class:
        """Three seconds of a line that is wide enough, then two that lose and tell of so much."""
        for _ in range(3):
            self.second()
        for _ in range(2):
            self.second(estimate_bps=bps, loss=120)
        return self

    def second(self, estimate_bps: int | None = None, loss: int = 0, smallest: int = 300) -> set[str]:
        """One second of all layers at about 100, 400 and 1600 kbit/s; returns which reached the receiver.

        smallest: bytes of a packet of the lowest layer, 300 to 399.
        """
        for _ in range(10):
            for at, (size, parts) in enumerate(((smallest, 4), (700, 7), (1100, 18))):
                for part in range(parts):
                    n = self.count * parts + part
                    self.sender.send(h264(n, 9000 * self.count, 7 + at, key=part == 0, size=size))
            self.count += 1
            self.world.pass_time(SECOND // 10)
        for kind, peer, figures in self.world.events[self.told :]:
            self.keeper.noticed(kind, peer, figures, self.world.now_ns / 1e9)
        self.told = len(self.world.events)
        self.highest, self.lost = self.highest + 1000, self.lost + loss
        if estimate_bps is not None:
            estimate = {"bitrate_bps": estimate_bps}
            self.keeper.noticed(EventKind.RECEIVER_ESTIMATE, self.receiver.peer, estimate, self.world.now_ns / 1e9)
        self.keeper.noticed(
            EventKind.RECEIVER_REPORT,
            self.receiver.peer,
            {"highest": self.highest, "lost": self.lost, "rtt_us": 40_000, "route": self.route},
            self.world.now_ns / 1e9,
        )
        self.keeper.second(self.world.now_ns / 1e9, 1.0)
        return {{3: "q", 7: "h", 11: "f"}[len(packet.payload) // 100] for packet in self.receiver.received()}


def test_a_narrow_line_gets_a_lower_layer_then_none_then_all_again() -> None:
    room = Class()
    for _ in range(3):
        room.second()
    assert room.second() == {"f"}
    for _ in range(2):
        room.second(estimate_bps=700_000, loss=120)
    room.second()
    assert room.second() == {"h"}
    assert room.keeper.budget_bps(room.receiver.peer) == 700_000
    for _ in range(2):
        room.second(estimate_bps=100_000, loss=120)
    room.second()
    assert room.second() == set()
    for _ in range(60):
        room.second(estimate_bps=8_000_000)
    assert room.second() == {"f"}
    assert room.keeper.budget_bps(room.receiver.peer) is None


def test_low_speech_leaves_room_for_the_smallest_picture_and_one_second_of_more_does_not_take_it_away() -> None:
    room = Class().narrowed(150_000)
    room.second()
    assert room.second() == {"q"}
    room.second(smallest=390)
    assert room.second() == {"q"}
    assert room.keeper.budget_bps(room.receiver.peer) == 150_000


def test_the_rung_is_told_when_it_changes_and_a_line_without_pictures_climbs_again() -> None:
    room = Class().narrowed(100_000)
    assert room.rungs == [(room.receiver.peer, "sound")]
    room.keeper.show(room.receiver.peer, 0, None)
    for _ in range(60):
        room.second(estimate_bps=8_000_000)
    assert [rung for _, rung in room.rungs] == ["sound", "speaker", "smaller", "full"]


def test_a_new_connection_of_the_same_receiver_begins_where_the_old_one_stood() -> None:
    room = Class().narrowed(60_000)
    again = room.world.end()
    room.keeper.add(again.peer, ((0, again.route(OTHER_H264, ssrc=71)),), [])
    room.keeper.inherit(again.peer, room.receiver.peer, 5.0)
    assert room.keeper.rung(again.peer) == "voice"
    assert room.keeper.budget_bps(again.peer) == 60_000


def test_what_a_publishers_uplink_loses_does_not_look_like_the_receivers_line() -> None:
    room = Class()
    for n in range(1, 8):
        room.second(estimate_bps=8_000_000)
        room.keeper.noticed(
            EventKind.RECEIVER_REPORT,
            room.receiver.peer,
            {"highest": 20 * n, "lost": 10 * n, "rtt_us": 40_000, "route": room.route + 1},
            room.world.now_ns / 1e9,
        )
    assert room.keeper.budget_bps(room.receiver.peer) is None


@pytest.mark.parametrize("draining", [True, False])
def test_what_begins_while_a_queue_drains_is_begun_once_more(draining: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    room, again = Class(), []
    monkeypatch.setattr(room.world.plane, "repeat_start", again.append)
    monkeypatch.setattr(ReceiverLine, "draining", draining)
    room.keeper.noticed(EventKind.ROUTE_STARTED, room.receiver.peer, {"route": room.route, "source": 1}, 5.0)
    for at_s, times in ((5.1, 0), (5.2, 1), (5.4, 2), (5.65, 3), (5.9, 3)):
        room.keeper.watch(at_s)
        assert again == [room.route] * times * draining


def test_sound_that_begins_while_a_queue_drains_is_begun_once(monkeypatch: pytest.MonkeyPatch) -> None:
    room, again = Class(), []
    monkeypatch.setattr(room.world.plane, "repeat_start", again.append)
    monkeypatch.setattr(ReceiverLine, "draining", True)
    for route in (AUDIO, room.route):
        room.keeper.noticed(EventKind.ROUTE_STARTED, room.receiver.peer, {"route": route, "source": 1}, 5.0)
    room.keeper.watch(5.2)
    assert again == [room.route]


def test_an_emptied_slot_stays_empty_and_a_vanished_source_is_forgotten() -> None:
    room = Class()
    room.second()
    room.keeper.show(room.receiver.peer, 0, None)
    room.second()
    assert room.second() == set()
    room.keeper.show(room.receiver.peer, 0, room.sources["f"])
    room.world.plane.close_peer(room.sender.peer)
    room.keeper.remove(room.sender.peer, list(room.sources.values()))
    room.keeper.second(1.0, 1.0)
    room.keeper.show(room.receiver.peer, 0, room.sources["f"])


def test_a_lines_own_loss_is_told_apart_from_that_of_whoever_it_hears() -> None:
    world = World()
    sender, receiver = world.end(), world.end()
    source = sender.source(H264, ssrc=9)
    route = receiver.route(OTHER_H264, ssrc=70)
    keeper = LineKeeper(world.plane)
    keeper.add(sender.peer, [], [{"f": source}])
    keeper.add(receiver.peer, [(0, route)], [])
    told = {"octets": 9_000, "span_us": 90_000, "sent_octets": 9_000, "least_delay_us": 20_000}

    assert keeper.own(receiver.peer) is None, "it has told nothing yet"
    sender.send(*(h264(n, 3_000 * n, 9, key=n == 0) for n in range(20) if n not in (4, 5, 11, 17)))
    for peer in (sender.peer, receiver.peer):
        keeper.noticed(EventKind.TRANSPORT_FEEDBACK, peer, told | {"received": 97, "missing": 3}, 1.0)
    heard, spoke = keeper.own(receiver.peer), keeper.own(sender.peer)
    assert heard is not None
    assert spoke is not None
    assert (heard.loss_permille, spoke.loss_permille) == (30, 200)

    for peer in (sender.peer, receiver.peer):
        keeper.noticed(EventKind.TRANSPORT_FEEDBACK, peer, told | {"received": 100, "missing": 0}, 1.1)
    assert [keeper.own(peer) for peer in (receiver.peer, sender.peer)] == [(0, False), (0, False)], "since last asked"
