"""The demo's lessons and the links printed for them."""

from __future__ import annotations

import asyncio

import pytest
import segno
from msgspec.structs import replace

from server import demo
from server.data_dir import Running
from server.links import make_links
from server.printing import as_text, qr
from server.store.store import Store
from server.texts import Texts

NOW = 1_800_000_000_000
HOSTS = ["127.0.0.1", "::1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]
RUNNING = Running(
    pid=1, http_hosts=HOSTS, http_port=8080, https_port=8443, media_port=8444, addresses=["192.168.1.20", "fd00::20"]
)
CHINESE = Texts("zh-CN")


async def links(store: Store, running: Running = RUNNING, now_ms: int = NOW):
    return await make_links(store, running, "/data/tls/ca.crt", "AA:BB", now_ms)


@pytest.mark.parametrize("count", [1, 3])
async def test_the_demo_has_as_many_communities_with_a_lesson_now_as_asked_for(store: Store, count: int) -> None:
    await demo.seed(store, count, CHINESE, NOW)
    found = (await links(store)).lessons
    assert [(len(lesson.classrooms), lesson.state) for lesson in found] == [(3, "planned")] * count
    everybody = [link.id for lesson in found for link in (lesson.teacher, *lesson.classrooms)]
    assert len(set(everybody)) == 4 * count
    # nobody is taught in it: it is recorded without a class or a consent
    assert [(await store.consents.missing_in(lesson.lesson)).reason for lesson in found] == [None] * count


async def test_a_second_start_keeps_the_lesson_and_a_larger_demo_adds_communities(store: Store) -> None:
    await demo.seed(store, 1, CHINESE, NOW)
    first = (await links(store)).lessons[0].lesson
    await demo.seed(store, 1, CHINESE, NOW + 60_000)
    assert [lesson.lesson for lesson in (await links(store)).lessons] == [first]
    await demo.seed(store, 2, CHINESE, NOW + 60_000)
    again = [lesson.lesson for lesson in (await links(store)).lessons]
    assert (again[0], len(again)) == (first, 2)


async def test_after_a_lesson_ended_or_expired_the_next_start_offers_a_new_one(store: Store) -> None:
    await demo.seed(store, 1, CHINESE, NOW)
    first = (await links(store)).lessons[0].lesson
    await store.lessons.began(first, NOW)
    await demo.seed(store, 1, CHINESE, NOW + 3 * 3_600_000)
    assert [(lesson.lesson, lesson.state) for lesson in (await links(store)).lessons] == [(first, "live")]
    await store.lessons.ended(first, NOW + 3 * 3_600_000)
    await demo.seed(store, 1, CHINESE, NOW + 3 * 3_600_000)
    (second,) = (await links(store)).lessons
    assert second.lesson != first
    later = NOW + 5 * 3_600_000
    await demo.seed(store, 1, CHINESE, later)
    (third,) = (await links(store, now_ms=later)).lessons
    assert third.lesson not in (first, second.lesson)
    assert [entry.lesson.id for entry in await store.lessons.in_state("UNREASONABLE_MISSED")] == [second.lesson]


async def test_while_it_serves_a_new_lesson_follows_once_the_last_ones_screens_are_gone(
    store: Store, monkeypatch
) -> None:
    monkeypatch.setattr(demo, "LOOK_EVERY_S", 0.0)
    await demo.seed(store, 1, CHINESE, NOW)
    first = (await links(store)).lessons[0].lesson
    await store.lessons.ended(first, NOW)
    looked = asyncio.Event()
    times = iter([NOW + demo.NEXT_AFTER_MS - 1, NOW + demo.NEXT_AFTER_MS])
    seen: list[int] = []

    def clock() -> int:
        seen.append(len(seen))
        moment = next(times, None)
        if moment is None:
            looked.set()
            return NOW + demo.NEXT_AFTER_MS
        return moment

    keeper = asyncio.create_task(demo.keep(store, CHINESE, clock))
    await looked.wait()
    keeper.cancel()
    (second,) = (await links(store)).lessons
    assert second.lesson != first


async def test_every_token_opens_its_page_as_its_owner(store: Store) -> None:
    await demo.seed(store, 1, CHINESE, NOW)
    found = await links(store)
    (lesson,) = found.lessons
    assert found.admin is not None
    for link, role in ((lesson.teacher, "lead"), (lesson.classrooms[0], "classroom"), (found.admin, "county_admin")):
        known = await store.credentials.find(link.token, NOW)
        assert known is not None
        assert (known[1].id, known[1].role) == (link.id, role)
        assert link.url.endswith(f"{link.page}#token={link.token}")
    assert lesson.replay.url.startswith("http://127.0.0.1:8080/replay#token=")


async def test_each_participant_on_this_machine_has_an_address_of_its_own(store: Store) -> None:
    await demo.seed(store, 1, CHINESE, NOW)
    (lesson,) = (await links(store)).lessons
    hosts = [link.url.split(":8080")[0] for link in (lesson.teacher, *lesson.classrooms)]
    assert hosts == [f"http://127.0.0.{n}" for n in (1, 2, 3, 4)]
    assert {
        link.lan_url.split("/teacher")[0].split("/classroom")[0] for link in (lesson.teacher, *lesson.classrooms)
    } == {"https://192.168.1.20:8443"}


@pytest.mark.parametrize(
    ("changes", "lan"),
    [
        ({"https_port": None}, None),
        ({"addresses": []}, None),
        ({"addresses": ["fd00::20"]}, "https://[fd00::20]:8443"),
        ({"https_port": 443}, "https://192.168.1.20"),
        ({"public_origins": ["https://tongke.example.cn"]}, "https://tongke.example.cn"),
    ],
)
async def test_links_for_other_machines_follow_what_the_server_offers(store: Store, changes, lan) -> None:
    import msgspec

    await demo.seed(store, 1, CHINESE, NOW)
    found = await links(store, msgspec.structs.replace(RUNNING, **changes))
    teacher = found.lessons[0].teacher
    assert found.https == lan
    assert teacher.lan_url == (None if lan is None else f"{lan}/teacher#token={teacher.token}")


async def test_what_is_printed_names_everything_in_both_languages_with_codes(store: Store) -> None:
    await demo.seed(store, 1, CHINESE, NOW)
    found = await links(store)
    printed = as_text(found)
    (lesson,) = found.lessons
    for link in (lesson.teacher, *lesson.classrooms, lesson.replay):
        assert link.url in printed
        assert link.lan_url in printed
        assert all(line in printed for line in qr(link.lan_url).splitlines())
    for words in ("教师", "Teacher", "教室", "Classroom", "回放", "Replay", "AA:BB", "https://192.168.1.20:8443/trust"):
        assert words in printed


async def test_links_of_a_server_that_does_not_run_say_so(store: Store) -> None:
    told = as_text(await links(store, replace(RUNNING, pid=0))).splitlines()[0]
    assert (
        told
        == "同课没有在运行，启动以后可以打开下面的链接 · Tongke is not running; these links open once it is started"
    )
    assert as_text(await links(store)).splitlines()[0] == "同课已经开始服务 · Tongke is serving"


async def test_with_many_lessons_no_codes_are_printed(store: Store) -> None:
    await demo.seed(store, 2, CHINESE, NOW)
    printed = as_text(await links(store))
    assert qr("https://192.168.1.20:8443/trust").splitlines()[0] in printed
    assert printed.count("/classroom#token=") == 12
    assert len(printed.splitlines()) < 100


async def test_without_a_lesson_that_is_said(store: Store) -> None:
    assert "There is no lesson" in as_text(await links(store))


async def test_a_new_installation_says_how_its_first_administrator_gets_in(store: Store) -> None:
    told = as_text(await links(store))
    assert told.count("tongke accounts add ") == told.count("http://127.0.0.1:8080/signin") == 2
    await demo.seed(store, 1, CHINESE, NOW)
    assert "tongke accounts add " not in as_text(await links(store))


def test_a_code_carries_exactly_its_address_and_fits_a_terminal() -> None:
    address = "https://192.168.100.200:8443/classroom#token=" + "A" * 43
    drawn = qr(address).splitlines()
    modules = segno.make(address, error="l", micro=False).symbol_size(border=2)[0]
    assert (len(drawn), max(map(len, drawn))) == ((modules + 1) // 2, modules)
    assert len(drawn) <= 24


async def test_for_whom_links_were_made_is_in_the_audit_log(store: Store) -> None:
    await demo.seed(store, 1, CHINESE, NOW)
    made = await links(store)
    assert made.admin is not None
    (lesson,) = made.lessons
    rows = [row.entry for row in await store.audit.page()]
    assert {(row.role, row.what, row.outcome, row.code) for row in rows} == {
        ("operator", "accounts.manage", "changed", "issue_link")
    }
    people = [lesson.teacher, *lesson.classrooms, made.admin]
    assert sorted(row.about for row in rows) == sorted(link.id for link in people)
