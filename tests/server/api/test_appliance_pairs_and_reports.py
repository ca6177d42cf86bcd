"""The appliance's side of pairing and of health, against the real API."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from classroom_client.broadcast import Broadcast
from classroom_client.capture import Capture, Input, inputs_of, trouble_of
from classroom_client.config import FromCamera, FromRtsp, Pictures
from classroom_client.entry import open_door
from classroom_client.health import Reporter
from classroom_client.pairing import Code, pair
from server.store.credentials import RENEW_AFTER_MS

if TYPE_CHECKING:
    from tests.server.api.conftest import Site


async def test_an_appliance_shows_a_code_until_it_has_a_room_and_then_reports(site_under_test: Site) -> None:
    site = site_under_test
    door = open_door(site.base, None, False)
    shown: asyncio.Queue[Code] = asyncio.Queue()
    waiting = asyncio.create_task(pair(door, shown.put_nowait, look_every_s=0.02))
    code = await shown.get()
    assert code.address == f"127.0.0.1:{site.port}/pair"
    assert code.grouped.replace(" ", "") == code.code
    body = {"code": code.code, "classroom": site.rooms[0]}
    async with site.request("POST", "/api/devices/pair", json=body, headers=await site.bearer(site.admin)) as answer:
        device = (await answer.json())["id"]

    reporter = Reporter(door, "1.0", lambda: {"camera": "missing", "microphone": "ok"})
    key = await waiting
    await reporter.report(key)
    known = await site.services.devices.find(device)
    assert known is not None
    assert known.health is not None
    assert (known.device.kind, known.faults) == ("appliance", {"camera.missing", "clock.wrong"})
    assert abs(reporter.now_ms() - site.clock()) < 5_000, "its own clock is wrong, the server's is not"
    assert (known.health.version, known.build) == ("", ""), "it has just begun"

    await site.services.devices.restart_page(site.rooms[0])
    await reporter.report(key)
    assert known.build == "1.0"
    assert reporter.restart_asked.is_set()
    begun_anew = Reporter(door, "1.0", lambda: {"camera": "missing", "microphone": "ok"})
    for _ in range(2):
        await begun_anew.report(key)
    assert not begun_anew.restart_asked.is_set()
    for one in (reporter, begun_anew):
        await one.close()


async def test_an_appliance_reports_on_a_line_and_by_requests_again_when_it_ends(site_under_test: Site) -> None:
    site = site_under_test
    key = await site.store.credentials.issue("device", site.rooms[0], site.clock())
    reporter = Reporter(open_door(site.base, None, False), "1.0", lambda: {"camera": "ok", "microphone": "ok"})

    answered = site.services.metrics.requests.labels("2xx")._value
    for _ in range(3):
        await reporter.report(key)
    assert answered.get() == 1
    site.clock.now_ms += RENEW_AFTER_MS
    await reporter.report(key)
    assert answered.get() == 2, "the line of a key that is due ends; a request prolongs it"
    await reporter.report(key)
    assert answered.get() == 2
    (known,) = await site.services.devices.everybody()
    assert known.heard_ms == site.clock()
    await reporter.close()


async def test_a_code_that_ended_is_followed_by_a_new_one(site_under_test: Site) -> None:
    site = site_under_test
    shown: asyncio.Queue[Code] = asyncio.Queue()
    waiting = asyncio.create_task(pair(open_door(site.base, None, False), shown.put_nowait, look_every_s=0.02))
    first = await shown.get()
    site.clock.now_ms += first.lifetime_ms
    second = await shown.get()
    assert second.code != first.code
    waiting.cancel()


def test_a_device_that_does_not_open_says_why() -> None:
    camera = Input("camera", ("video",), "/dev/video-that-is-not-there", "v4l2", {})
    capture = Capture([camera], lambda kind, packet: None)
    assert capture.parts() == {"camera": "ok", "microphone": "unknown"}
    with pytest.raises(OSError) as missing:
        camera.open()
    assert trouble_of(missing.value) == "missing"
    assert [trouble_of(error) for error in (PermissionError(), OSError(16, "busy"), ValueError())] == [
        "denied",
        "busy",
        "failed",
    ]


@pytest.mark.parametrize(
    ("pictures", "cameras"),
    [(None, 0), (FromCamera("/dev/video-that-is-not-there", None), 1), (FromRtsp("rtsp://127.0.0.1/a", "default"), 1)],
)
async def test_an_appliance_tells_how_many_cameras_it_is_set_up_with(pictures: Pictures, cameras: int) -> None:
    assert Broadcast(inputs_of(pictures)).plugged()["cameras"] == cameras


async def test_a_camera_that_was_found_missing_is_not_counted() -> None:
    broadcast = Broadcast(inputs_of(FromCamera("/dev/video-that-is-not-there", None)))
    broadcast.start()
    async with asyncio.timeout(10):
        while broadcast.parts()["camera"] == "ok":
            await asyncio.sleep(0.01)
    assert broadcast.plugged() == {"camera": "missing", "microphone": "unknown", "cameras": 0}
    await broadcast.stop()
