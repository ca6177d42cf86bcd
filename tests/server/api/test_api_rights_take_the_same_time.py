"""What is not there and what is not theirs take the same time, and so do an unknown name and a wrong password.

A rank test (Mann and Whitney 1947) over interleaved tries: it asks which of two is later in order, not by how much, so
neither the speed of the machine nor one slow try counts. |z| < 5 is far beyond chance for equal ones, while a database
lookup or a hash that is left out in one of them gives z beyond 20.
"""

from __future__ import annotations

import math
import random
import time

import pytest

from server.accounts.passwords import Hasher

pytestmark = pytest.mark.media
TRIES = 1_000
BOUND = 5.0


@pytest.fixture
def hasher() -> Hasher:
    """A tenth of the real cost: beside no cost at all the building of one row would show, which nobody sees."""
    return Hasher(memory_kib=4096, passes=2)


def rank_z(ones: list[float], others: list[float]) -> float:
    """The standard score of the rank sum of `ones` among both; ties have no weight here, times differ."""
    ranked = sorted([(value, 1) for value in ones] + [(value, 0) for value in others])
    total = sum(rank for rank, (_, mine) in enumerate(ranked, start=1) if mine)
    n, m = len(ones), len(others)
    return (total - n * (n + m + 1) / 2) / math.sqrt(n * m * (n + m + 1) / 12)


async def interleaved(one, other) -> float:
    """z of the times of two requests, in an order drawn anew for each pair; the first twenty pairs only warm up."""
    order, times = random.Random(7), {one: [], other: []}
    for number in range(TRIES // 2 + 20):
        for ask in order.sample([one, other], 2):
            started = time.perf_counter()
            await ask()
            if number >= 20:
                times[ask].append(time.perf_counter() - started)
    return rank_z(times[one], times[other])


def test_the_rank_test_sees_a_difference_of_a_tenth_and_no_difference_where_there_is_none() -> None:
    draw = random.Random(1)
    same = [draw.lognormvariate(0, 0.3) for _ in range(500)]
    assert abs(rank_z(same, [draw.lognormvariate(0, 0.3) for _ in range(500)])) < BOUND
    assert abs(rank_z(same, [draw.lognormvariate(0.1, 0.3) for _ in range(500)])) > BOUND


async def test_an_unknown_recording_and_a_forbidden_one_take_the_same_time(site_under_test) -> None:
    site = site_under_test
    site.add_recording()
    headers = await site.bearer(site.stranger)

    async def get(lesson_id: str) -> None:
        async with site.request("GET", f"/api/recordings/{lesson_id}", headers=headers) as response:
            assert response.status == 404

    unknown = site.lesson.id[:-1] + ("0" if site.lesson.id[-1] != "0" else "1")
    assert abs(await interleaved(lambda: get(site.lesson.id), lambda: get(unknown))) < BOUND


async def test_a_picture_of_an_unknown_lesson_and_of_a_forbidden_one_take_the_same_time(site_under_test) -> None:
    site = site_under_test
    headers = await site.bearer(site.stranger)

    async def get(lesson_id: str) -> None:
        path = f"/api/lessons/{lesson_id}/pictures/{'0' * 64}/full"
        async with site.request("GET", path, headers=headers) as response:
            assert response.status == 404

    unknown = site.lesson.id[:-1] + ("0" if site.lesson.id[-1] != "0" else "1")
    assert abs(await interleaved(lambda: get(site.lesson.id), lambda: get(unknown))) < BOUND


async def test_an_unknown_name_and_a_wrong_password_take_the_same_time(site_under_test) -> None:
    site = site_under_test
    await site.services.desk.open_account(site.lead, "lilei", site.clock())

    async def sign_in(name: str) -> None:
        site.clock.now_ms += 3_700_000  # past every wait
        body = {"name": name, "password": "wrong wrong wrong"}
        async with site.request("POST", "/api/sign-in", json=body, headers=site.origin) as response:
            assert response.status == 401

    assert abs(await interleaved(lambda: sign_in("lilei"), lambda: sign_in("nobody"))) < BOUND
