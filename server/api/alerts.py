"""What is wrong with rooms, lessons and the server, since when, and who took note. It opens and closes by itself."""

from __future__ import annotations

from msgspec import Struct

from server.api.county_fields import school_within
from server.api.problems import not_found
from server.api.registry import Call, Endpoint
from server.devices.alarms import KINDS
from server.devices.verdict import FAULTS, Severity
from server.permissions import Action
from server.store.alarms import OpenAlarm
from server.store.alerts import KEPT_IN_VIEW, Alert
from server.store.rows import rfc3339


class AlertNow(Struct, frozen=True):
    """A fault of a room's device; or, without a device, something wrong with a lesson, a room before the bell, or the
    server. about: what that is called. Times are RFC 3339, UTC; `acknowledged_by` is a name.
    """

    id: str
    device: str
    device_name: str
    room_id: str
    room: str
    school: str
    about: str
    fault: str
    severity: Severity
    opened: str
    closed: str | None
    acknowledged: str | None
    acknowledged_by: str | None


class AlertList(Struct, frozen=True):
    """What is broken now, the worst and then the oldest first; and what was, the last mended first, at most 200.
    Times are shown in `zone`.
    """

    open: list[AlertNow]
    closed: list[AlertNow]
    zone: str


class Acknowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the caller takes note of it, or takes that back."""

    noted: bool


async def alerts(call: Call) -> AlertList:
    """The alerts of the caller's reach."""
    services, school_id = call.services, school_within(call, "devices.read")
    await services.devices.write()
    county_id, now_ms = call.caller.subject.county_id, services.clock()
    broken = [_now(one) for one in await services.store.alerts.open_now(county_id, school_id)]
    broken += [_alarm(one) for one in await services.store.alarms.open_now(county_id, school_id)]
    mended = [_now(one) for one in await services.store.alerts.closed(county_id, school_id, now_ms + 1)]
    mended += [_alarm(one) for one in await services.store.alarms.closed(county_id, school_id)]
    return AlertList(
        open=sorted(broken, key=lambda alert: (alert.severity != "red", alert.opened)),
        closed=sorted(mended, key=lambda alert: alert.closed or "", reverse=True)[:KEPT_IN_VIEW],
        zone=await services.store.people.time_zone(county_id),
    )


async def acknowledge(call: Call) -> AlertNow:
    """Takes note of an alert, so that others see that somebody looks after it."""
    services, who, now_ms = call.services, call.caller.subject, call.services.clock()
    await services.devices.write()
    by = who.id if call.body.noted else None
    if call.part("id").startswith("alarm-"):
        alarm = await _alarm_within(call, "devices.pair")
        call.visit.about = alarm.about
        await services.store.alarms.acknowledge(alarm.id, by, now_ms)
        return _alarm(await _alarm_within(call, "devices.pair"))
    alert = await _within(call, "devices.pair")
    call.visit.about = alert.device_id
    await services.store.alerts.acknowledge(alert.id, by, now_ms)
    return _now(await _within(call, "devices.pair"))


async def _alarm_within(call: Call, action: Action) -> OpenAlarm:
    """The alarm of the path.

    Raises:
        Problem: `not_found`, also for one out of reach.
    """
    county_id = call.caller.subject.county_id
    alarm = await call.services.store.alarms.one(call.part("id"), county_id, school_within(call, action))
    if alarm is None:
        raise not_found()
    return alarm


async def _within(call: Call, action: Action) -> Alert:
    """The alert of the path.

    Raises:
        Problem: `not_found`, also for one out of reach.
    """
    county_id = call.caller.subject.county_id
    alert = await call.services.store.alerts.one(call.part("id"), county_id, school_within(call, action))
    if alert is None:
        raise not_found()
    return alert


def _now(alert: Alert) -> AlertNow:
    return AlertNow(
        id=alert.id,
        device=alert.device_id,
        device_name=alert.device,
        room_id=alert.classroom_id,
        room=alert.room,
        school=alert.school,
        about="",
        fault=alert.fault,
        severity=FAULTS.get(alert.fault, "amber"),
        opened=rfc3339(alert.opened_ms),
        closed=None if alert.closed_ms is None else rfc3339(alert.closed_ms),
        acknowledged=None if alert.acknowledged_ms is None else rfc3339(alert.acknowledged_ms),
        acknowledged_by=alert.acknowledged_by,
    )


def _alarm(alarm: OpenAlarm) -> AlertNow:
    return AlertNow(
        id=alarm.id,
        device="",
        device_name="",
        room_id=alarm.classroom_id or "",
        room="",
        school=alarm.school or "",
        about=alarm.told,
        fault=alarm.kind,
        severity=KINDS.get(alarm.kind, "amber"),
        opened=rfc3339(alarm.opened_ms),
        closed=None if alarm.closed_ms is None else rfc3339(alarm.closed_ms),
        acknowledged=None if alarm.acknowledged_ms is None else rfc3339(alarm.acknowledged_ms),
        acknowledged_by=alarm.acknowledged_name,
    )


ENDPOINTS = (
    Endpoint(
        "GET", "/api/alerts", "What is broken in the rooms, and was", alerts, answer=AlertList, action="devices.read"
    ),
    Endpoint(
        "POST",
        "/api/alerts/{id}/acknowledge",
        "Take note of an alert, or take that back",
        acknowledge,
        answer=AlertNow,
        body=Acknowledge,
        action="devices.pair",
        problems=((404, "not_found"),),
    ),
)
