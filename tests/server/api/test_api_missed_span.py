"""Catching up over HTTP: whose it is, which spans there are, and who may ask a screen."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import msgspec
import pytest

from server.media.plane import Codec
from server.recording.package import TRACKS, Clock, Manifest, Participant, Span, write_manifest
from signaling.messages import CameBack, CatchUp, Joined, Logged, RecordingChanged, WentAway
from tests.server.recording.encoded import Numbers, audio, tap
from tests.server.recording.tape import Tape

SPAN = "from_ms=6500&until_ms=9500"


def record(folder: Path, lead: str, room: str, end_ms: int | None = None) -> None:
    """The lesson is being recorded; the room came at 1 s and was away from 6 to 10 s."""
    (folder / TRACKS).mkdir(parents=True, exist_ok=True)
    write_manifest(
        folder,
        Manifest(
            id=folder.name, title="分数", subject="数学", mode="blended", run=1, origin_ms=0, duration_ms=0,
            people=[Participant(id=lead, role="lead", school="中心小学", name="主讲教师", colour="#112233")],
            state="recording" if end_ms is None else "finished", started="2027-01-15T08:00:00.000Z",
            spans=[Span(start_ms=0, end_ms=end_ms)], clocks=[Clock(lesson_ms=0, wall="2027-01-15T08:00:00.000Z")],
        ),
    )  # fmt: skip
    events = (
        (0, RecordingChanged(on=True, reason="lesson")),
        (1_000, Joined(participant=room, role="classroom")),
        (6_000, WentAway(participant=room)),
        (10_000, CameBack(participant=room, away_ms=4_000)),
    )
    lines = [Logged(number=n, at=at, by="server", event=event) for n, (at, event) in enumerate(events, 1)]
    (folder / "log.jsonl").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


@pytest.fixture
def recorded(site_under_test):
    site = site_under_test
    folder = site.folder / "lessons" / site.lesson.id
    record(folder, site.lead, site.rooms[0])
    tape = Tape(folder / TRACKS)
    tape.open(1, "microphone", "audio", site.lead)
    tape.feed(tap(audio(8.0), Numbers(1, Codec.OPUS, 5_000_000_000)))
    yield site
    tape.finish()


async def get(site, rest: str, who: str) -> tuple[int, aiohttp.typedefs.LooseHeaders, bytes]:
    path = f"/api/lessons/{site.lesson.id}/missed{rest}"
    async with site.request("GET", path, headers=await site.bearer(who)) as response:
        return response.status, dict(response.headers), await response.read()


async def test_a_classroom_is_told_what_it_missed_itself_and_nothing_of_others(recorded) -> None:
    site = recorded
    status, _, body = await get(site, "", site.rooms[0])
    assert (status, msgspec.json.decode(body)) == (
        200,
        {"recorded": True, "spans": [{"from_ms": 6000, "until_ms": 10000}]},
    )
    assert msgspec.json.decode((await get(site, "", site.rooms[1]))[2])["spans"] == []
    assert (await get(site, f"?room={site.rooms[0]}", site.rooms[1]))[0] == 404
    assert (await get(site, f"?room={site.rooms[0]}", site.admin))[0] == 200
    assert (await get(site, f"?room={site.stranger}", site.admin))[0] == 404


async def test_the_sound_and_the_board_of_a_span_are_for_those_in_the_lesson(recorded) -> None:
    site = recorded
    status, headers, body = await get(site, f"/sound?{SPAN}", site.rooms[0])
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "audio/webm", "no-store")
    assert body[:4] == bytes.fromhex("1a45dfa3")
    status, headers, body = await get(site, f"/board?{SPAN}", site.rooms[0])
    assert (status, msgspec.json.decode(body)["board"]["current"]) == (200, 1)
    for rest in (f"/sound?{SPAN}", f"/board?{SPAN}", ""):
        assert (await get(site, rest, site.stranger))[0] == 404


async def test_a_span_from_before_a_room_came_is_not_handed_out(recorded) -> None:
    site = recorded
    folder = site.folder / "lessons" / site.lesson.id
    late = Logged(number=5, at=8_000, by="server", event=Joined(participant=f"{site.rooms[1]}.b", role="classroom"))
    for what in ("sound", "board"):
        assert (await get(site, f"/{what}?{SPAN}", site.rooms[1]))[0] == 400
    with (folder / "log.jsonl").open("ab") as log:
        log.write(msgspec.json.encode(late) + b"\n")
    for what in ("sound", "board"):
        assert (await get(site, f"/{what}?from_ms=2999&until_ms=9500", site.rooms[1]))[0] == 400
        assert (await get(site, f"/{what}?from_ms=3000&until_ms=9500", site.rooms[1]))[0] == 200


async def test_nobody_listens_to_a_running_lesson_without_being_in_it(recorded) -> None:
    """Who watches comes in to watch, and the lesson is told; who does not waits for the recording."""
    site = recorded
    for who in (site.admin, site.lead):
        answers = [(await get(site, f"/{what}?{SPAN}", who))[::2] for what in ("sound", "board")]
        assert {status for status, _ in answers} == {404}


@pytest.mark.parametrize(
    "span", ["", "from_ms=5", "from_ms=5&until_ms=5", "from_ms=-5&until_ms=5", "from_ms=0&until_ms=700000",
             "from_ms=%EF%BC%91&until_ms=5", "from_ms=0&until_ms=99999999999", "from_ms=86400000&until_ms=86400001"],
)  # fmt: skip
async def test_a_span_that_is_none_or_too_long_is_refused(recorded, span: str) -> None:
    status, _, body = await get(recorded, f"/sound?{span}", recorded.rooms[0])
    assert (status, msgspec.json.decode(body)["code"]) == (400, "bad_span")


async def test_nothing_is_caught_up_with_where_nothing_was_recorded(recorded) -> None:
    site = recorded
    status, _, body = await get(site, "/sound?from_ms=60000&until_ms=70000", site.rooms[0])
    assert (status, msgspec.json.decode(body)["code"]) == (409, "not_recorded")
    record(site.folder / "lessons" / site.lesson.id, site.lead, site.rooms[0], end_ms=11_000)
    assert (await get(site, f"/sound?{SPAN}", site.rooms[0]))[0] == 409
    assert msgspec.json.decode((await get(site, "", site.rooms[0]))[2]) == {"recorded": False, "spans": []}


async def test_a_screen_is_asked_by_whoever_looks_after_its_room(recorded) -> None:
    site, told = recorded, []

    def tell(*what: object) -> bool:
        told.append(what)
        return True

    object.__setattr__(site.services, "tell_screen", tell)
    answers = []
    for who in (site.admin, site.rooms[0], site.lead):
        headers = await site.bearer(who) | site.origin
        path, body = f"/api/lessons/{site.lesson.id}/catch-up", {"room": site.rooms[0]}
        async with site.request("POST", path, json=body, headers=headers) as response:
            answers.append((response.status, (await response.json()).get("reached")))
    assert answers == [(200, True), (403, None), (403, None)]
    assert told == [(site.lesson.id, site.rooms[0], CatchUp(on=True))]
