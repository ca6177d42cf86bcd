"""Takes a picture of every page, from a real lesson: `python -m tests.e2e.pictures` (writes docs/pictures)."""

from __future__ import annotations

import math
import tempfile
import time
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, sync_playwright

from bench.ports import free_ports
from server.store.store import open_store
from tests.e2e import footage
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.people import Screen, eventually, follow, open_classroom, open_replay, open_teacher
from tests.e2e.running import ROOT, Server
from tests.e2e.small_town import in_a_thread

PICTURES = ROOT / "docs" / "pictures"
CENTRE, RADIUS = (0.3, 0.5), 0.17
BOARD_ASPECT = 16 / 9


def on_circle(turn: float) -> tuple[float, float]:
    """A point of the pie, `turn` of the way round."""
    angle = 2 * math.pi * turn
    return CENTRE[0] + RADIUS * math.cos(angle), CENTRE[1] + RADIUS * BOARD_ASPECT * math.sin(angle)


LESSON = [
    [on_circle(step / 24) for step in range(25)],
    [on_circle(0.25), on_circle(0.75)],
    [on_circle(0), on_circle(0.5)],
    [(0.6, 0.26), (0.62, 0.22), (0.62, 0.4)],
    [(0.57, 0.45), (0.67, 0.45)],
    [(0.59, 0.52), (0.62, 0.49), (0.645, 0.53), (0.6, 0.66), (0.65, 0.66)],
]
ANSWER = [
    [(0.8, 0.26), (0.82, 0.22), (0.82, 0.4)],
    [(0.77, 0.45), (0.87, 0.45)],
    [(0.82, 0.5), (0.78, 0.6), (0.86, 0.6)],
]


def main() -> None:
    """One lesson, pictures on the way."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        http, https, media = free_ports(3)
        server = Server(folder / "data", ["--port", http, "--https-port", https, "--media-port", media])
        server.start()

        def launch(who: str | None, width: int, height: int) -> BrowserContext:
            files: list[str] = []
            if who is not None:
                files += [f"--use-file-for-fake-video-capture={footage.camera_file(folder, who)}"]
                files += [f"--use-file-for-fake-audio-capture={footage.microphone_file(folder, who)}"]
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *files])
            return browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")

        try:
            knock(server, launch)
            administer(server, launch)
            teach(server, launch)
        finally:
            server.stop()


def teach(server: Server, launch) -> None:  # type: ignore[no-untyped-def]
    """The lesson itself."""
    lesson = server.lesson
    rooms = lesson["classrooms"]
    teachers = launch("lead", 1366, 768)
    teacher = open_teacher(teachers, lesson["teacher"]["url"])
    first = open_classroom(launch("room1", 1280, 720), rooms[0]["url"])
    second = open_classroom(launch("room2", 1280, 720), rooms[1]["url"])
    teacher.page.wait_for_timeout(2000)
    shoot(teacher, "teacher-today")
    shoot(first, "classroom-waiting")
    teacher.enter()
    teacher.page.wait_for_timeout(4000)
    shoot(teacher, "teacher-ready")
    teacher.start_class()
    eventually(lambda: first.moves("老师"), "picture", 60)
    eventually(lambda: teacher.moves(rooms[0]["school"]) and teacher.moves(rooms[1]["school"]), "pictures", 60)
    for stroke in LESSON:
        teacher.draw(teacher.sheet, stroke)
    second.page.keyboard.press("Space")
    teacher.page.wait_for_timeout(3000)
    shoot(teacher, "teacher-lesson")
    shoot(first, "classroom-lesson")
    shoot_guests(server, launch)
    shoot_county(server, launch(None, 1920, 1080))
    teacher.call_on(rooms[0]["school"])
    eventually(lambda: second.moves(rooms[0]["school"], at_least=0.4), "the floor", 60)
    for stroke in ANSWER:
        first.draw(first.sheet, stroke)
    teacher.page.wait_for_timeout(2000)
    shoot(second, "classroom-floor")
    shoot(first, "classroom-own-floor")
    shoot(teacher, "teacher-floor")
    teacher.take_floor_back(rooms[0]["school"])
    teacher.page.wait_for_timeout(5000)
    teacher.end_class()
    teacher.page.wait_for_timeout(2000)
    shoot(teacher, "teacher-after")
    shoot(first, "classroom-after")
    replay = open_replay(teachers, lesson["teacher"]["url"].split("/teacher")[0] + f"/replay/{lesson['lesson']}")
    eventually(replay.media, "replay", 90)
    replay.play()
    replay.page.wait_for_timeout(19_000)
    shoot(replay, "replay")
    replay.page.goto(replay.page.url.split("/replay")[0] + "/replay")
    replay.page.wait_for_timeout(2000)
    shoot(replay, "replay-list")


def knock(server: Server, launch) -> None:  # type: ignore[no-untyped-def]
    """What somebody sees who is not signed in yet."""
    door = launch(None, 1366, 768).new_page()
    for name, address in (("home", "/"), ("signin", "/signin"), ("trust", "/trust")):
        door.goto(server.links["http"] + address)
        door.wait_for_timeout(1500)
        door.screenshot(path=str(PICTURES / f"{name}.png"))
    door.close()
    television = launch(None, 1280, 720).new_page()
    television.goto(server.links["http"] + "/classroom")
    code = television.locator("[data-code]")
    code.wait_for()
    television.wait_for_timeout(1500)
    television.screenshot(path=str(PICTURES / "classroom-code.png"))
    phone = launch(None, 390, 844).new_page()
    follow(phone, server.links["admin"]["url"])
    phone.goto(f"{server.links['http']}/pair#code={code.get_attribute('data-code')}")
    phone.wait_for_timeout(2000)
    phone.screenshot(path=str(PICTURES / "pair.png"))
    phone.close()
    television.close()


def shoot_guests(server: Server, launch) -> None:  # type: ignore[no-untyped-def]
    """The assistant beside a class, and somebody who watches, while the lesson goes on."""
    assistant, trainer = in_a_thread(guests(server))
    base = server.links["http"]
    for name, width, height, address in (
        ("assistant", 390, 844, f"/assistant#token={assistant}"),
        ("watch", 1366, 768, f"/watch?lesson={server.lesson['lesson']}#token={trainer}"),
    ):
        page = launch(None, width, height).new_page()
        page.goto(base + address)
        page.wait_for_timeout(5000)
        page.screenshot(path=str(PICTURES / f"{name}.png"))
        page.close()


async def guests(server: Server) -> list[str]:
    """Tokens of an assistant of the lesson's first classroom and of its county's trainer."""
    store, now_ms = await open_store(server.data), time.time_ns() // 1_000_000
    try:
        room = await store.people.subject(server.lesson["classrooms"][0]["id"])
        assert room is not None
        assistant = await store.people.add_staff(room.county_id, room.school_id, "assistant", "王老师", now_ms)
        trainer = await store.people.add_staff(room.county_id, None, "trainer", "教研员", now_ms)
        return await store.credentials.issue_many("link", [assistant.id, trainer.id], now_ms)
    finally:
        await store.close()


def administer(server: Server, launch) -> None:  # type: ignore[no-untyped-def]
    """The administration of the demo's county: the guide, a list, a form, and the same on a phone."""
    desk = launch(None, 1366, 768).new_page()
    desk.goto(server.links["admin"]["url"])
    for place, name in (("start", "start"), ("communities", "communities"), ("schools/new", "school")):
        _shoot_place(desk, place, f"admin-{name}")
    phone = launch(None, 390, 844).new_page()
    phone.goto(server.links["admin"]["url"])
    _shoot_place(phone, "start", "admin-phone")


def _shoot_place(page: Page, place: str, name: str) -> None:
    page.evaluate("place => { location.hash = `#/${place}`; }", place)
    page.wait_for_timeout(1500)
    page.screenshot(path=str(PICTURES / f"{name}.png"))


def shoot_county(server: Server, context: BrowserContext) -> None:
    """What the county's administrator sees while the lesson goes on."""
    page = context.new_page()
    follow(page, server.links["admin"]["url"])
    base = server.links["http"]
    for name, address in (("wall", "/wall"), ("ready", "/ready"), ("admin-devices", "/admin#/devices")):
        page.goto(base + address)
        page.wait_for_timeout(3000)
        page.screenshot(path=str(PICTURES / f"{name}.png"))
    page.close()


def shoot(screen: Screen, name: str) -> None:
    """One picture."""
    screen.page.screenshot(path=str(PICTURES / f"{name}.png"))


if __name__ == "__main__":
    main()
