"""Lessons and recordings: who sees what, the log, byte ranges, and names that lead nowhere."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

BODY = bytes(random.Random(1).randbytes(300_000))


@pytest.fixture
def recorded(site_under_test):
    """The lesson has a recording on disk: a log, a file, and traps around them."""
    site = site_under_test
    site.add_recording()
    folder = site.folder / "lessons" / site.lesson.id
    for name in ("media", "tracks", "thumbs"):
        (folder / name).mkdir(parents=True)
    (folder / "media" / "lead-camera.mp4").write_bytes(BODY)
    (folder / "thumbs" / "strip.jpg").write_bytes(b"\xff\xd8")
    (folder / "manifest.json").write_text("{}")
    (folder / "media" / "link.mp4").symlink_to(site.folder / "secret.txt")
    (folder / "media" / "inner").mkdir()
    (site.folder / "lessons" / "elsewhere").symlink_to(site.folder)
    os.mkfifo(folder / "media" / "pipe.mp4")
    (folder / "log.jsonl").write_bytes(b'{"number":1}\n{"number":2}\n{"num')
    return site


def address(site, rest: str = "") -> str:
    return f"/api/recordings/{site.lesson.id}{rest}"


async def get(site, path: str, who: str | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent = await site.bearer(who) if who else {}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    async with site.request("GET", path, headers=sent | names) as response:
        return response.status, dict(response.headers), await response.read()


async def test_todays_card_says_everything_a_start_page_shows(recorded) -> None:
    site = recorded
    async with site.request("GET", "/api/lessons", headers=await site.bearer(site.rooms[1])) as response:
        (card,) = await response.json()
    assert card == {
        "lesson": {
            "id": site.lesson.id,
            "title": "认识分数",
            "subject": "数学",
            "mode": "blended",
            "planned_start": "2027-01-15T08:00:00.000Z",
            "planned_end": "2027-01-15T08:45:00.000Z",
        },
        "state": "planned",
        "lead": {"id": site.lead, "name": "主讲教师", "school": "中心小学"},
        "classrooms": [
            {"id": site.rooms[0], "school": "第一教学点", "name": "教室"},
            {"id": site.rooms[1], "school": "第二教学点", "name": "教室"},
        ],
        "you": {"id": site.rooms[1], "role": "classroom"},
        "recording_id": site.lesson.id,
    }


async def test_cards_are_those_of_the_day_in_the_countys_zone(site_under_test) -> None:
    site, seen = site_under_test, []
    hour = 3_600_000
    for later in (0, 7 * hour, 8 * hour, 32 * hour):  # 16:00, 23:00, 00:00 the next day, the day after
        site.clock.now_ms = 1_800_000_000_000 + later
        async with site.request("GET", "/api/lessons", headers=await site.bearer(site.lead)) as response:
            seen.append(len(await response.json()))
    assert seen == [1, 1, 0, 0]


@pytest.mark.parametrize("rest", ["", "/log", "/files/lead-camera.mp4", "/files/media/lead-camera.mp4"])
async def test_a_recording_is_for_its_community_and_admins(recorded, rest: str) -> None:
    site = recorded
    missing = (await get(site, "/api/recordings/01nosuchlesson", site.stranger))[2]
    for who in (site.lead, *site.rooms, site.admin):
        assert (await get(site, address(site, rest), who))[0] == 200
    status, _, body = await get(site, address(site, rest), site.stranger)
    assert (status, body) == (404, missing)
    assert (await get(site, address(site, rest)))[0] == 401


@pytest.mark.parametrize("rest", ["/log", "/files/lead-camera.mp4", "/files/tracks/lead-microphone-0.mkv"])
async def test_nobody_follows_a_running_lesson_by_its_recording(recorded, rest: str) -> None:
    site = recorded
    (site.folder / "lessons" / site.lesson.id / "tracks" / "lead-microphone-0.mkv").write_bytes(BODY)
    await site.store.lessons.began(site.lesson.id, site.clock())
    assert {(await get(site, address(site, rest), who))[0] for who in (site.admin, site.lead, *site.rooms)} == {404}
    assert (await get(site, address(site), site.admin))[0] == 200, "that it is being recorded is no secret"
    await site.store.lessons.ended(site.lesson.id, site.clock())
    assert (await get(site, address(site, rest), site.admin))[0] == 200


async def test_the_list_shows_only_what_the_caller_may_open(recorded) -> None:
    site = recorded
    seen = {}
    for who in (site.lead, site.stranger, site.admin):
        async with site.request(
            "GET", "/api/recordings?q=%E5%88%86%E6%95%B0", headers=await site.bearer(who)
        ) as response:
            seen[who] = [entry["id"] for entry in (await response.json())["recordings"]]
    assert seen == {site.lead: [site.lesson.id], site.stranger: [], site.admin: [site.lesson.id]}
    async with site.request("GET", "/api/recordings?q=%E4%BD%93", headers=await site.bearer(site.lead)) as response:
        assert await response.json() == {"recordings": []}


async def test_the_log_is_an_array_without_its_torn_last_line(recorded) -> None:
    site = recorded
    status, headers, body = await get(site, address(site, "/log"), site.lead)
    assert (status, body) == (200, b'[{"number":1},{"number":2}]')
    assert headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("content", [b"", b"{", b'{"a":1}\n', b'{"a":1}\n' * 60_000])
async def test_a_log_of_any_length_is_valid_json(recorded, content: bytes) -> None:
    import msgspec

    site = recorded
    (site.folder / "lessons" / site.lesson.id / "log.jsonl").write_bytes(content)
    body = (await get(site, address(site, "/log"), site.lead))[2]
    assert len(msgspec.json.decode(body)) == content.count(b"\n")


RANGES = [
    (None, 200, 0, 300_000),
    ("bytes=0-", 206, 0, 300_000),
    ("bytes=0-0", 206, 0, 1),
    ("bytes=100-199", 206, 100, 200),
    ("bytes=299999-", 206, 299_999, 300_000),
    ("bytes=-100", 206, 299_900, 300_000),
    ("bytes=-400000", 206, 0, 300_000),
    ("bytes=299990-400000", 206, 299_990, 300_000),
    ("bytes=5-4", 200, 0, 300_000),
    ("bytes=0-1,5-6", 200, 0, 300_000),
    ("bytes=a-b", 200, 0, 300_000),
    ("bytes=-", 200, 0, 300_000),
    ("bytes=--5", 200, 0, 300_000),
    ("lines=0-5", 200, 0, 300_000),
    ("bytes=0-" + "9" * 400, 200, 0, 300_000),
    ("bytes=１-２", 200, 0, 300_000),
    ("", 200, 0, 300_000),
]
"""What is asked for, the status, and the bytes that come: from, to."""


async def test_a_range_gets_exactly_its_bytes(recorded, subtests) -> None:
    site = recorded
    for wanted, status, start, end in RANGES:
        with subtests.test(str(wanted)[:40]):
            headers = {} if wanted is None else {"Range": wanted}
            found, sent, body = await get(site, address(site, "/files/lead-camera.mp4"), site.lead, **headers)
            assert (found, body == BODY[start:end]) == (status, True)
            assert sent["Content-Length"] == str(end - start)
            assert sent.get("Content-Range") == (f"bytes {start}-{end - 1}/300000" if status == 206 else None)
            assert (sent["Accept-Ranges"], sent["Content-Type"]) == ("bytes", "video/mp4")


@pytest.mark.parametrize("wanted", ["bytes=300000-", "bytes=999999-1000000", "bytes=-0"])
async def test_a_range_beyond_the_file_is_refused_with_its_size(recorded, wanted: str) -> None:
    site = recorded
    status, sent, _ = await get(site, address(site, "/files/lead-camera.mp4"), site.lead, Range=wanted)
    assert (status, sent["Content-Range"]) == (416, "bytes */300000")


async def test_an_unchanged_file_is_not_sent_twice_and_a_changed_one_is_sent_whole(recorded) -> None:
    site = recorded
    path = address(site, "/files/lead-camera.mp4")
    tag = (await get(site, path, site.lead))[1]["Etag"]
    assert (await get(site, path, site.lead, If_None_Match=tag))[0] == 304
    assert (await get(site, path, site.lead, Range="bytes=0-9", If_Range=tag))[0] == 206
    assert (await get(site, path, site.lead, Range="bytes=0-9", If_Range='"other"'))[0] == 200


async def test_head_tells_the_size_without_the_bytes(recorded) -> None:
    site = recorded
    headers = await site.bearer(site.lead)
    async with site.request("HEAD", address(site, "/files/lead-camera.mp4"), headers=headers) as response:
        assert (response.status, response.headers["Content-Length"], await response.read()) == (200, "300000", b"")


BASES = [
    "lead-camera.mp4",
    "media/lead-camera.mp4",
    "manifest.json",
    "log.jsonl",
    "secret.txt",
    "etc/passwd",
    "tongke.db",
]
CLIMBS = [
    "../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..\\", "..%5c", "%252e%252e%252f", "....//", "..;/", "%c0%ae%c0%ae/",
    "%e0%80%ae%e0%80%ae/", "%uff0e%uff0e/", "..%00/", ".%2e/", "/", "//", "%2f", "./", "~/", "file:///", "\\\\host\\",
    "media/../", "media/../../", "media/inner/../../", "media/%2e%2e/", "tracks/..%2f..%2f", "thumbs/....//",
]  # fmt: skip
ODD = [
    "link.mp4", "pipe.mp4", "inner", "media/", "media", ".", "..", "...", "%00", "lead-camera.mp4%00",
    "lead-camera.mp4/", "lead-camera.mp4%20", "LEAD-CAMERA.MP4", "lead-camera.mp4::$DATA", "-rf", ".hidden", "a" * 300,
    "%E5%AA%92.mp4", "%ff%fe", "nowhere/lead-camera.mp4", "manifest.json", "log.jsonl", "con", "lead-camera.mp4?x",
    "*", "%0d%0aX-Evil:1", "%20",
]  # fmt: skip


def forms(climb: str) -> list[str]:
    return [climb * times + base for base in BASES for times in (1, 2, 3)]


async def test_no_name_leads_out_of_the_published_files(recorded) -> None:
    site = recorded
    names = [name for climb in CLIMBS for name in forms(climb)] + [name for name in ODD if "?" not in name]
    missing = (await get(site, address(site, "/files/no-such-file.mp4"), site.lead))[2]
    headers = await site.bearer(site.lead)
    found = {}
    for name in names:
        async with site.request("GET", address(site, f"/files/{name}"), headers=headers) as response:
            found[name] = (response.status, await response.read())
    assert {name: answer for name, answer in found.items() if answer not in ((200, BODY), (404, missing))} == {}


async def test_no_lesson_id_leads_out_of_the_lessons(recorded, subtests) -> None:
    site = recorded
    missing = (await get(site, "/api/recordings/01nosuchlesson", site.admin))[2]
    for lesson in ("elsewhere", "..", "%2e%2e", ".", "%00", "a" * 80, "media", "..%2f", "01%2002"):
        for rest in ("", "/log", "/files/secret.txt"):
            with subtests.test(f"{lesson}{rest}"):
                status, _, body = await get(site, f"/api/recordings/{lesson}{rest}", site.admin)
                assert (status, body) == (404, missing)


async def test_an_admin_of_a_lesson_without_files_gets_the_same_404(site_under_test) -> None:
    site = site_under_test
    missing = (await get(site, "/api/recordings/01nosuchlesson", site.admin))[2]
    for rest in ("", "/log", "/files/lead-camera.mp4"):
        assert (await get(site, address(site, rest), site.admin))[::2] == (404, missing)


async def test_a_file_cut_short_while_it_is_sent_ends_that_download_only(recorded) -> None:
    import aiohttp

    site = recorded
    path: Path = site.folder / "lessons" / site.lesson.id / "media" / "lead-camera.mp4"
    path.write_bytes(b"\0" * 8_000_000)
    async with site.request(
        "GET", address(site, "/files/lead-camera.mp4"), headers=await site.bearer(site.lead)
    ) as response:
        await response.content.readexactly(1)
        os.truncate(path, 10)
        with pytest.raises(aiohttp.ClientError):
            await response.read()
    assert (await get(site, "/healthz"))[0] == 200
