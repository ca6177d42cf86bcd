"""Alarms on both engines: what lasts opens one, what stays away closes it, a restart in between changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from server.devices.alarms import Machine
from server.devices.build_id import BuildId
from server.devices.desk import DeviceDesk
from server.devices.readiness import GRACE_MS
from server.devices.tickets import LASTS_MS
from server.store.alarms import FORGOTTEN_MS
from server.store.store import Store
from server.watch import Watch
from tests.server.store.county_town import BEFORE, build_town

WELL = Machine({}, None, 0, None, False)


class Server:
    """The machine and the clock, changed by hand; `restarted` forgets what is only in memory."""

    def __init__(self, store: Store) -> None:
        self.store, self.now_ms, self.machine = store, BEFORE, WELL
        self.restarted()

    def restarted(self) -> None:
        desk = DeviceDesk(self.store, BuildId(Path("nowhere")), lambda: self.now_ms)
        self.watch = Watch(self.store, desk, self._machine, lambda: self.now_ms)

    async def _machine(self) -> Machine:
        return self.machine

    async def looks(self, after_ms: int = LASTS_MS) -> list[str]:
        """A look now and one later; the kinds that are open then."""
        await self.watch.look()
        self.now_ms += after_ms
        await self.watch.look()
        return [alarm.kind for alarm in await self.store.alarms.open_now()]


async def test_what_lasts_opens_an_alarm_and_what_stays_away_closes_it(store: Store) -> None:
    town, server = await build_town(store), Server(store)
    assert await server.looks() == []
    server.machine = replace(WELL, retention_failed=True)
    began_ms = server.now_ms
    assert await server.looks(LASTS_MS - 1) == [], "it may pass"
    assert await server.looks() == ["server.retention"]
    server.restarted()
    assert await server.looks() == ["server.retention"], "not a second one"
    (alarm,) = await store.alarms.open_now(town.county_id)
    assert (alarm.opened_ms, alarm.closed_ms, alarm.about) == (began_ms, None, "")
    server.machine = WELL
    assert await server.looks(LASTS_MS - 1) == ["server.retention"]
    assert await server.looks() == []
    assert [one.closed_ms for one in await store.alarms.closed(town.county_id, None)] == [server.now_ms]
    server.now_ms += FORGOTTEN_MS
    await store.alarms.turn([], [], server.now_ms + 1)
    assert await store.alarms.closed(town.county_id, None) == [], "after a term it is forgotten"


async def test_a_lesson_nobody_begins_is_told_to_its_school_and_to_nobody_else(store: Store) -> None:
    town, server = await build_town(store), Server(store)
    other = await store.people.add_county("邻县", "Asia/Shanghai", BEFORE)
    lesson = await store.lessons.plan(
        community_id=town.community_id, lead_id=town.lead.id, classrooms=[town.rooms[1].id], title="春天",
        subject="美术", mode="blended", planned_start_ms=BEFORE, planned_end_ms=BEFORE + 2_400_000, now_ms=BEFORE,
    )  # fmt: skip
    server.now_ms = BEFORE + GRACE_MS
    assert await server.looks(0) == ["lesson.not_started"], "it has waited for two minutes"
    await server.looks()
    kinds = ("lesson.not_started",)
    for county_id, school_id, found in (
        (town.county_id, None, kinds), (town.county_id, town.centre.id, kinds),
        (town.county_id, town.points[1].id, ()), (other, None, ()),
    ):  # fmt: skip
        told = await store.alarms.open_now(county_id, school_id)
        assert tuple(alarm.kind for alarm in told) == found
    (alarm,) = await store.alarms.open_now(town.county_id)
    assert (alarm.about, alarm.told, alarm.school) == (lesson.id, "美术 · 春天", town.centre.name)
    assert await store.alarms.one(alarm.id, other, None) is None
    await store.alarms.acknowledge(alarm.id, town.admin.id, 5)
    await store.alarms.acknowledge(alarm.id, town.lead.id, 6)
    noted = await store.alarms.one(alarm.id, town.county_id, None)
    assert noted is not None
    assert (noted.acknowledged_name, noted.acknowledged_ms) == (town.admin.name, 5)
    await store.lessons.began(lesson.id, server.now_ms)
    assert "lesson.not_started" not in await server.looks(0)
