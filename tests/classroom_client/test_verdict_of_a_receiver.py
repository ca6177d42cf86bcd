"""What a receiver saw and heard is judged by values: each fault has its name, and a good lesson has none."""

from __future__ import annotations

import pytest

from classroom_client.rehearsal import footage, sei
from classroom_client.rehearsal.assemble import AccessUnit
from classroom_client.rehearsal.book import Book, Whose
from classroom_client.rehearsal.failures import Failure
from classroom_client.rehearsal.limits import Limits
from classroom_client.rehearsal.seating import Interval, Seated, Seating
from classroom_client.rehearsal.speech import CELLS, LOW_CELLS, LOW_PACKETS
from classroom_client.rehearsal.verdict import Receiver
from classroom_client.rehearsal.watch import Watch

S = 1_000_000_000
FRAME_NS, PACKET_NS = S // footage.FPS, S // 50
LEAD, ME, OTHER, STRANGER = Whose(1, 0), Whose(1, 1), Whose(1, 2), Whose(2, 2)
IDS = {0: "staff-lead", 1: "room-me", 2: "room-other"}


@pytest.fixture(scope="module")
def loops() -> dict[Whose, footage.Footage]:
    return {whose: footage.encode(*whose) for whose in (LEAD, OTHER, STRANGER)}


class Scene:
    """A receiver fed by hand: `play` is what a slot receives from a second to another."""

    def __init__(self, loops: dict[Whose, footage.Footage]) -> None:
        self.loops = loops
        self.watch = Watch(Book(loops.items()))
        self.seating = Seating()
        self.seat(0.0, {0: Seated("staff-lead", video=True, audio=True)})

    def seat(self, at_s: float, seats: dict[int, Seated]) -> None:
        self.seating.change(int(at_s * S), seats)
        self.watch.reseat(range(6))

    def play(
        self,
        since_s: float,
        until_s: float,
        whose: Whose = LEAD,
        slot: int = 0,
        *,
        video: bool = True,
        audio: bool = True,
        without: range = range(0),
        sound_late_ns: int = 0,
    ) -> None:
        for serial in range(round(since_s * 20), round(until_s * 20)):
            at_ns = serial * FRAME_NS
            if video and serial not in without:
                self.watch.video(slot, self.unit(whose, serial, at_ns), at_ns)
            for count in range(serial * 5 // 2, (serial + 1) * 5 // 2):
                if audio and serial not in without:
                    packet = self.loops[whose].packets[(count - sound_late_ns // PACKET_NS) % CELLS]
                    self.watch.audio(slot, packet, count * PACKET_NS, count * PACKET_NS)

    def low(self, cells: range, lost: tuple[int, ...] = ()) -> None:
        """The lead's low speech in its slot: the packets that begin in these cells."""
        for cell in cells[::LOW_CELLS]:
            if cell not in lost:
                packet = self.loops[LEAD].low[cell // LOW_CELLS % LOW_PACKETS]
                self.watch.audio(0, packet, cell * PACKET_NS, cell * PACKET_NS)

    def unit(self, whose: Whose, serial: int, at_ns: int) -> AccessUnit:
        place = serial % footage.FRAMES
        frame = self.loops[whose].frames[place]
        stamp = sei.build(sei.FrameStamp(*whose, serial, place, at_ns - 3_000_000))
        return AccessUnit(serial * 4500, at_ns, (*frame.parameters, stamp, *frame.slices))

    def judge(self, until_s: float) -> list[Failure]:
        self.receiver = Receiver(1, ME.participant, IDS, self.watch, self.seating)
        return list(self.receiver.judge(int(until_s * S), Limits()))

    def codes(self, until_s: float) -> list[str]:
        return [failure.code for failure in self.judge(until_s)]


@pytest.fixture
def scene(loops: dict[Whose, footage.Footage]) -> Scene:
    return Scene(loops)


def test_a_good_lesson_has_no_failure(scene: Scene) -> None:
    scene.play(0.1, 10)
    assert scene.judge(10) == []
    figures = scene.receiver.figures
    assert (figures.frames, figures.frames_lost, figures.packets_lost, figures.av_skew_ms) == (198, 0, 0, 0.0)
    assert set(scene.watch.relay_ns) == {3_000_000}
    assert len(scene.watch.pictures) == 3
    assert [sample.at for sample in scene.watch.sounds] == [5, 55]


def test_lost_frames_are_counted_and_named(scene: Scene) -> None:
    scene.play(0, 10, without=range(50, 54))
    assert scene.judge(10) == [
        Failure("frames_lost", {"receiver": "room-me", "sender": "staff-lead", "lost": "4", "of": "200"}),
        Failure("sound_lost", {"receiver": "room-me", "sender": "staff-lead", "lost": "10", "of": "500"}),
    ]


def test_low_speech_goes_on_where_the_microphone_ended_and_the_other_way_round(scene: Scene) -> None:
    scene.watch.follows = 0
    scene.play(0, 12, audio=False)
    scene.play(0, 3, video=False)
    scene.low(range(150, 450))
    scene.play(9, 12, video=False)
    assert scene.judge(12) == []
    assert (scene.receiver.figures.packets, scene.receiver.figures.packets_lost) == (600, 0)
    assert len(scene.watch.heard) == 600
    assert [(sample.at, len(sample.packets)) for sample in scene.watch.sounds] == [(0, 75), (150, 25), (50, 75)]


def test_a_lost_packet_of_low_speech_is_what_it_covers(scene: Scene) -> None:
    scene.play(0, 12, audio=False)
    scene.low(range(600), lost=(30, 33, 300))
    assert [failure.values["lost"] for failure in scene.judge(12)] == ["9"]


def test_where_both_bring_the_same_it_counts_once(scene: Scene) -> None:
    scene.watch.follows = 0
    scene.play(0, 1.02, video=False)
    scene.low(range(48, 102))
    (run,) = scene.watch.audio_runs
    assert (run.received, run.lost, len(scene.watch.heard)) == (102, 0, 102)


def test_sound_that_is_restored_later_was_not_lost(scene: Scene) -> None:
    packets = scene.loops[LEAD].packets
    for cell in (0, 1, 4, 3, 5, 3, 2, 6):
        scene.watch.audio(0, packets[cell], cell * PACKET_NS, None)
    (run,) = scene.watch.audio_runs
    assert (run.received, run.lost) == (7, 0)
    for cell in (7, 9, *range(10, CELLS + 7), CELLS + 8, CELLS + 7):
        scene.watch.audio(0, packets[cell % CELLS], cell * PACKET_NS, None)
    assert (run.received, run.lost) == (CELLS + 8, 1)


def test_a_picture_that_freezes_before_the_end_is_lost_frames(scene: Scene) -> None:
    scene.play(0, 6)
    scene.play(6, 10, video=False)
    (failure,) = scene.judge(10)
    assert (failure.code, failure.values["lost"]) == ("frames_lost", "81")


def test_a_long_silence_within_a_seat_is_a_gap(scene: Scene) -> None:
    scene.play(0, 4)
    scene.play(4, 7, audio=False)
    scene.play(7, 10)
    (failure,) = scene.judge(10)
    assert (failure.code, failure.values["ms"]) == ("sound_gap", "3000")


def test_nothing_at_all_is_missing(scene: Scene) -> None:
    assert scene.codes(10) == ["picture_missing", "sound_missing"]


def test_who_should_have_been_seen_and_heard_is_counted_and_who_was(scene: Scene) -> None:
    scene.seat(0.0, {0: Seated("staff-lead", video=True, audio=True), 1: Seated("room-other", video=True, audio=False)})
    scene.play(0, 10, audio=False)
    scene.judge(10)
    figures = scene.receiver.figures
    assert (figures.pictures_due, figures.pictures_came) == (2, 1)
    assert (figures.sounds_due, figures.sounds_came) == (1, 0)


def test_somebody_elses_picture_and_sound_in_a_slot_are_named(scene: Scene) -> None:
    scene.play(0, 10, whose=OTHER)
    failures = scene.judge(10)
    assert {"picture_of_wrong_participant", "sound_of_wrong_participant"} < {failure.code for failure in failures}
    wrong = next(failure for failure in failures if failure.code == "picture_of_wrong_participant")
    assert wrong.values == {"receiver": "room-me", "seen": "room-other", "expected": "staff-lead", "slot": "0"}


def test_a_participant_of_another_lesson_is_told_by_its_numbers(scene: Scene) -> None:
    scene.play(0, 10)
    scene.play(4, 6, whose=STRANGER, slot=3, audio=False)
    (failure,) = scene.judge(10)
    assert (failure.code, failure.values["seen"], failure.values["expected"]) == (
        "picture_of_wrong_participant",
        "2/2",
        "-",
    )


def test_sound_of_a_seat_without_sound_is_not_gated(scene: Scene) -> None:
    scene.seat(0, {0: Seated("staff-lead", True, True), 1: Seated("room-other", True, False)})
    scene.play(0, 10)
    scene.play(0, 10, whose=OTHER, slot=1)
    assert scene.codes(10) == ["sound_not_gated"]


def test_media_may_come_a_little_before_and_after_its_seat(scene: Scene) -> None:
    scene.seat(4.0, {0: Seated("staff-lead", True, True), 1: Seated("room-other", True, True)})
    scene.seat(7.0, {0: Seated("staff-lead", True, True)})
    scene.play(0, 10)
    scene.play(3.8, 7.3, whose=OTHER, slot=1)
    assert scene.judge(10) == []


def test_media_long_after_its_seat_is_wrong(scene: Scene) -> None:
    scene.seat(4.0, {0: Seated("staff-lead", True, True), 1: Seated("room-other", True, True)})
    scene.seat(6.0, {0: Seated("staff-lead", True, True)})
    scene.play(0, 12)
    scene.play(4, 9, whose=OTHER, slot=1)
    assert scene.codes(12) == ["picture_of_wrong_participant", "sound_of_wrong_participant"]


def test_a_seat_left_and_taken_again_is_no_loss(scene: Scene) -> None:
    scene.play(0, 4)
    scene.seat(4.0, {})
    scene.seat(8.0, {0: Seated("staff-lead", True, True)})
    scene.play(8, 12)
    assert scene.judge(12) == []


@pytest.mark.parametrize(("late_ms", "codes"), [(80, []), (400, ["av_skew"]), (-400, ["av_skew"])])
def test_sound_that_comes_late_is_told_by_the_clocks_of_both(scene: Scene, late_ms: int, codes: list[str]) -> None:
    scene.play(0, 10, sound_late_ns=late_ms * 1_000_000)
    assert scene.codes(10) == codes
    assert scene.receiver.figures.av_skew_ms == abs(late_ms)


def test_changed_bytes_are_nobodys(scene: Scene) -> None:
    scene.play(0, 10)
    unit = scene.unit(LEAD, 200, 10 * S)
    scene.watch.video(0, unit._replace(nals=(*unit.nals[:-1], unit.nals[-1] + b"\x01")), None)
    scene.watch.audio(0, b"\x00\x01", 10 * S, None)
    scene.watch.foreign(2, "video")
    assert scene.codes(10) == ["foreign_codec", "frame_unknown", "sound_unknown"]


def test_intervals_are_unchanged_seats() -> None:
    lead, other = Seated("staff-lead", True, True), Seated("room-other", True, False)
    seating = Seating()
    seating.change(1, {0: lead})
    seating.change(5, {0: lead, 1: other})
    seating.change(9, {1: other})
    assert list(seating.intervals(20, range(3))) == [Interval(0, lead, 1, 9), Interval(1, other, 5, 20)]


def test_a_picture_without_its_beginning_is_lost_and_nobodys_only_with_a_stamp(scene: Scene) -> None:
    scene.play(0, 10)
    stranger = scene.unit(STRANGER, 200, 10 * S)
    scene.watch.book = Book([])  # lessons that other processes rehearse are in no book here
    scene.watch.video(0, stranger._replace(nals=stranger.nals[-1:], headless=True), None)
    assert scene.codes(10) == []
    scene.watch.video(0, stranger._replace(headless=True), None)
    assert scene.codes(10) == ["frame_unknown"]
