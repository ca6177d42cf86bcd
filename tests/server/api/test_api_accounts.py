"""Accounts over HTTP: opened by an administrator, the first sign-in step by step, lock-out, own sign-ins."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie

import pyotp
import pytest

from server.accounts.desk import ONE_TIME_LIVES_MS
from server.api import csrf
from server.store.credentials import DAY_MS

GOOD = "春天的小河静静流过村庄"
OTHER = "three cows by the river"
CHROME = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36"}


async def post(site, path: str, body: object = None, headers: dict[str, str] | None = None):
    """Status, JSON and cookies of a POST from our own page."""
    sent = site.origin | shown(headers or {})
    async with site.request("POST", path, json=body, headers=sent) as response:
        cookies = SimpleCookie()
        for line in response.headers.getall("Set-Cookie", []):
            cookies.load(line)
        return response.status, await response.json(content_type=None), cookies


async def get(site, path: str, headers: dict[str, str]):
    async with site.request("GET", path, headers=headers) as response:
        return response.status, await response.json(content_type=None)


def shown(headers: dict[str, str]) -> dict[str, str]:
    """The headers with the token that a page of this session shows."""
    session = re.search(r"\btongke=([\w-]+)", headers.get("Cookie", ""))
    return headers | ({csrf.HEADER: csrf.token_of(session[1])} if session else {})


def jar(cookies: SimpleCookie, *names: str) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={cookies[name].value}" for name in names or ("tongke",))}


async def opened(site, staff: str, name: str) -> str:
    """An account for `staff`, made by the county admin; its one-time password."""
    status, answer, _ = await post(
        site, "/api/accounts", {"staff_id": staff, "name": name}, await site.bearer(site.admin)
    )
    assert status == 200
    return answer["password"]


async def ready(site, name: str = "lilei") -> dict[str, str]:
    """The lead's account past its first sign-in; the headers of her browser."""
    first = await opened(site, site.lead, name)
    status, _, cookies = await post(
        site, "/api/sign-in", {"name": name, "password": first, "new_password": GOOD}, CHROME
    )
    assert status == 200
    return jar(cookies, "tongke", "tongke_browser")


async def test_the_first_sign_in_asks_for_a_new_password_and_only_then_opens(site_under_test) -> None:
    site = site_under_test
    first = await opened(site, site.lead, "LiLei")
    status, answer, cookies = await post(site, "/api/sign-in", {"name": "lilei", "password": first})
    assert (status, answer["next"], list(cookies)) == (200, "new_password", [])
    status, answer, cookies = await post(
        site, "/api/sign-in", {"name": "ｌｉｌｅｉ ", "password": first, "new_password": GOOD}
    )
    assert (status, answer["next"], answer["page"]) == (200, "open", "/teacher")
    for name, path in (("tongke", "/"), ("tongke_browser", "/api")):
        morsel = cookies[name]
        assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Strict", path)
    assert (await get(site, "/api/me", jar(cookies)))[1]["id"] == site.lead
    status, answer, _ = await post(site, "/api/sign-in", {"name": "lilei", "password": first})
    assert (status, answer["code"]) == (401, "sign_in_refused")
    status, answer, _ = await post(site, "/api/sign-in", {"name": "lilei", "password": GOOD})
    assert (status, answer["next"]) == (200, "open")


@pytest.mark.parametrize(
    ("new", "code"),
    [("short", "password_short"), ("1234567890", "password_easy"), ("x" * 200, "password_long"),
     ("lilei the teacher", "password_named"), (None, "password_same")],
)  # fmt: skip
async def test_a_new_password_that_will_not_do_is_refused_in_words(site_under_test, new, code) -> None:
    first = await opened(site_under_test, site_under_test.lead, "lilei")
    body = {"name": "lilei", "password": first, "new_password": new or first}
    status, answer, _ = await post(site_under_test, "/api/sign-in", body)
    assert (status, answer["code"]) == (400, code)
    body["new_password"] = GOOD
    assert (await post(site_under_test, "/api/sign-in", body))[1]["next"] == "open"


async def test_a_one_time_password_is_good_for_a_week(site_under_test) -> None:
    site = site_under_test
    first = await opened(site, site.lead, "lilei")
    site.clock.now_ms += ONE_TIME_LIVES_MS
    status, answer, _ = await post(site, "/api/sign-in", {"name": "lilei", "password": first})
    assert (status, answer["code"]) == (403, "one_time_expired")


async def test_an_admin_sets_up_a_phone_and_is_asked_for_its_code_from_then_on(site_under_test) -> None:
    site = site_under_test
    first = await opened(site, site.admin, "wangfang")
    body = {"name": "wangfang", "password": first, "new_password": GOOD}
    status, answer, cookies = await post(site, "/api/sign-in", body)
    assert (status, answer["next"], list(cookies)) == (200, "set_up_code", [])
    assert answer["qr"]["path"].startswith("M")
    phone = pyotp.TOTP(answer["secret"])
    body = {"name": "wangfang", "password": GOOD}
    assert (await post(site, "/api/sign-in", body))[1]["secret"] == answer["secret"]
    status, answer, _ = await post(site, "/api/sign-in", body | {"code": "000000"})
    assert (status, answer["code"], answer["title"]) == (401, "code_refused", "六位数字不对")
    code = phone.at(site.clock.now_ms // 1000)
    status, answer, cookies = await post(site, "/api/sign-in", body | {"code": code})
    assert (status, answer["next"], len(answer["recovery_codes"])) == (200, "open", 10)
    recovery = answer["recovery_codes"][0]

    assert (await post(site, "/api/sign-in", body))[1]["next"] == "code"
    assert (await post(site, "/api/sign-in", body | {"code": code}))[0] == 401, "each code counts once"
    site.clock.now_ms += 60_000
    later = phone.at(site.clock.now_ms // 1000)
    assert (await post(site, "/api/sign-in", body | {"code": later}))[1]["next"] == "open"
    assert (await post(site, "/api/sign-in", body | {"code": recovery.upper()}))[1]["next"] == "open"
    assert (await post(site, "/api/sign-in", body | {"code": recovery}))[0] == 401, "and each recovery code"


async def test_the_right_password_does_not_start_the_count_of_wrong_codes_anew(site_under_test) -> None:
    site = site_under_test
    first = await opened(site, site.admin, "wangfang")
    await post(site, "/api/sign-in", {"name": "wangfang", "password": first, "new_password": GOOD})
    body = {"name": "wangfang", "password": GOOD}
    seen = []
    for _ in range(7):
        await post(site, "/api/sign-in", body)
        seen.append((await post(site, "/api/sign-in", body | {"code": "000000"}))[1]["code"])
    assert seen == ["code_refused"] * 5 + ["sign_in_wait"] * 2


async def test_a_reset_password_is_changed_only_by_who_has_the_phone(site_under_test) -> None:
    site = site_under_test
    first = await opened(site, site.admin, "wangfang")
    answer = (await post(site, "/api/sign-in", {"name": "wangfang", "password": first, "new_password": GOOD}))[1]
    phone = pyotp.TOTP(answer["secret"])
    body = {"name": "wangfang", "password": GOOD, "code": phone.at(site.clock.now_ms // 1000)}
    await post(site, "/api/sign-in", body)
    for forget, following in ((False, "code"), (True, "new_password")):
        path, asked = f"/api/accounts/{site.admin}/reset", {"forget_code": forget}
        given = (await post(site, path, asked, await site.bearer(site.admin)))[1]["password"]
        assert (await post(site, "/api/sign-in", {"name": "wangfang", "password": given}))[1]["next"] == following


async def test_who_guesses_waits_and_the_owners_usual_browser_does_not(site_under_test) -> None:
    site = site_under_test
    usual = await ready(site)
    wrong, right = {"name": "lilei", "password": "wrong wrong wrong"}, {"name": "lilei", "password": GOOD}
    codes = [(await post(site, "/api/sign-in", wrong))[1]["code"] for _ in range(6)]
    assert codes == ["sign_in_refused"] * 5 + ["sign_in_wait"]
    async with site.request("POST", "/api/sign-in", json=right, headers=site.origin) as response:
        assert response.status == 429
        assert 0 < int(response.headers["Retry-After"]) <= 31
    mark = {"Cookie": usual["Cookie"].split("; ")[1]}
    assert (await post(site, "/api/sign-in", right, mark))[0] == 200
    site.clock.now_ms += 30_000
    assert (await post(site, "/api/sign-in", right))[0] == 200


async def test_the_mark_of_a_browser_opens_nothing_and_counts_for_its_own_account_only(site_under_test) -> None:
    site = site_under_test
    usual = await ready(site)
    mark = usual["Cookie"].split("; ")[1].removeprefix("tongke_browser=")
    for headers in ({"Cookie": f"tongke={mark}"}, {"Authorization": f"Bearer {mark}"}):
        assert (await get(site, "/api/me", headers))[0] == 401
    assert (await post(site, "/api/enter", {"token": mark}))[0] == 401
    await opened(site, site.admin, "wangfang")
    wrong = {"name": "wangfang", "password": "wrong wrong wrong"}
    for _ in range(5):
        assert (await post(site, "/api/sign-in", wrong))[0] == 401
    assert (await post(site, "/api/sign-in", wrong, {"Cookie": f"tongke_browser={mark}"}))[0] == 429


async def test_an_unknown_name_a_wrong_password_and_a_closed_account_look_alike(site_under_test) -> None:
    site = site_under_test
    await ready(site)
    answers = [
        await post(site, "/api/sign-in", {"name": name, "password": OTHER}) for name in ("lilei", "nobody", "", "\x00")
    ]
    await post(site, f"/api/accounts/{site.lead}/close", None, await site.bearer(site.admin))
    answers.append(await post(site, "/api/sign-in", {"name": "lilei", "password": GOOD}))
    assert {(status, body["code"], len(cookies)) for status, body, cookies in answers} == {(401, "sign_in_refused", 0)}
    assert len({str(body) for _, body, _ in answers}) == 1


async def test_closing_or_resetting_signs_its_owner_out_at_once(site_under_test) -> None:
    site = site_under_test
    usual = await ready(site)
    assert (await get(site, "/api/me", usual))[0] == 200
    await post(site, f"/api/accounts/{site.lead}/close", None, await site.bearer(site.admin))
    assert (await get(site, "/api/me", usual))[0] == 401
    given = (await post(site, f"/api/accounts/{site.lead}/reset", {}, await site.bearer(site.admin)))[1]["password"]
    assert (await post(site, "/api/sign-in", {"name": "lilei", "password": given}))[1]["next"] == "new_password"


async def test_own_sign_ins_are_listed_and_ended(site_under_test) -> None:
    site = site_under_test
    here = await ready(site)
    site.clock.now_ms += 1
    _, _, cookies = await post(site, "/api/sign-in", {"name": "lilei", "password": GOOD})
    there = jar(cookies)
    listed = (await get(site, "/api/account/sign-ins", here))[1]["sign_ins"]
    assert [(one["network"], one["way"], one["browser"], one["here"]) for one in listed] == [
        ("127.0.0.0/24", "password", listed[0]["browser"], False),
        ("127.0.0.0/24", "password", "Chrome, Windows", True),
    ]
    assert (await post(site, "/api/account/sign-ins/end", {"id": listed[0]["id"]}, here))[0] == 200
    assert (await get(site, "/api/me", there))[0] == 401
    for gone in (listed[0]["id"], "key-nobody"):
        assert (await post(site, "/api/account/sign-ins/end", {"id": gone}, here))[0] == 404
    assert (await post(site, "/api/account/leave-everywhere", None, here))[0] == 200
    assert (await get(site, "/api/me", here))[0] == 401


async def test_changing_the_password_keeps_this_screen_and_signs_out_the_others(site_under_test) -> None:
    site = site_under_test
    here = await ready(site)
    _, _, cookies = await post(site, "/api/sign-in", {"name": "lilei", "password": GOOD})
    there = jar(cookies)
    status, answer, _ = await post(site, "/api/account/password", {"password": "x", "new_password": OTHER}, here)
    assert (status, answer["code"]) == (400, "password_refused")
    status, _, cookies = await post(site, "/api/account/password", {"password": GOOD, "new_password": OTHER}, here)
    assert status == 200
    assert (await get(site, "/api/me", jar(cookies)))[0] == 200
    assert [(await get(site, "/api/me", one))[0] for one in (here, there)] == [401, 401]
    assert (await post(site, "/api/sign-in", {"name": "lilei", "password": OTHER}))[0] == 200


async def test_who_came_by_link_is_told_that_she_has_no_password(site_under_test) -> None:
    site = site_under_test
    link = await site.bearer(site.lead)
    assert (await get(site, "/api/account", link))[1] == {"sign_in_name": None, "code": False, "code_needed": False}
    status, answer, _ = await post(site, "/api/account/password", {"password": "x", "new_password": OTHER}, link)
    assert (status, answer["code"]) == (400, "no_account")


async def test_a_name_is_given_once_and_must_be_one(site_under_test) -> None:
    site = site_under_test
    admin = await site.bearer(site.admin)
    await opened(site, site.lead, "lilei")
    other = (await site.store.people.add_staff(await county(site), None, "inspector", "督导", site.clock())).id
    refusals = []
    for staff, name in ((site.lead, "second"), (other, "LILEI"), (other, "a b"), (other, "<b>"), ("staff-no", "new")):
        refusals.append((await post(site, "/api/accounts", {"staff_id": staff, "name": name}, admin))[1]["code"])
    assert refusals == ["has_account", "name_taken", "bad_name", "bad_name", "not_found"]


async def county(site) -> str:
    return (await site.store.people.subject(site.admin)).county_id


async def test_a_school_admin_manages_the_teachers_of_her_school_and_nobody_else(site_under_test) -> None:
    site = site_under_test
    county_id = await county(site)
    school_id = (await site.store.people.subject(site.lead)).school_id
    mine = (await site.store.people.add_staff(county_id, school_id, "school_admin", "校长", site.clock())).id
    elsewhere = await site.store.people.add_school(county_id, "centre", "别的中心小学", site.clock())
    other = (await site.store.people.add_staff(county_id, elsewhere.id, "lead", "别的老师", site.clock())).id
    inspector = (await site.store.people.add_staff(county_id, school_id, "inspector", "督导", site.clock())).id
    headers = await site.bearer(mine)
    answers = {}
    for staff in (site.lead, other, inspector, site.admin, site.rooms[0], "staff-nobody"):
        answers[staff] = await post(site, "/api/accounts", {"staff_id": staff, "name": f"n{len(answers)}"}, headers)
    assert [status for status, _, _ in answers.values()] == [200, 404, 404, 404, 404, 404]
    assert len({str(body) for status, body, _ in answers.values() if status == 404}) == 1
    listed = (await get(site, "/api/accounts", headers))[1]["accounts"]
    assert [card["staff_id"] for card in listed] == [site.lead]
    await opened(site, other, "other")
    for verb in ("reset", "close"):
        path = f"/api/accounts/{other}/{verb}"
        assert (await post(site, path, {}, headers))[0] == 404


async def test_nobody_closes_her_own_account(site_under_test) -> None:
    site = site_under_test
    await opened(site, site.admin, "wangfang")
    status, answer, _ = await post(site, f"/api/accounts/{site.admin}/close", None, await site.bearer(site.admin))
    assert (status, answer["code"]) == (409, "own_account")


async def test_no_answer_and_no_row_holds_a_password_or_a_secret(site_under_test) -> None:
    site = site_under_test
    first = await opened(site, site.admin, "wangfang")
    await ready(site)
    admin = await site.bearer(site.admin)
    texts = [str((await get(site, path, admin))[1]) for path in ("/api/accounts", "/api/audit", "/api/account")]
    assert not [text for text in texts if first in text or GOOD in text or "argon2" in text]
    await site.store.close()
    for file in site.folder.glob("tongke.db*"):
        content = file.read_bytes()
        assert GOOD.encode() not in content
        assert first.encode() not in content


async def test_a_cookie_of_an_account_ends_after_twelve_hours(site_under_test) -> None:
    site = site_under_test
    here = await ready(site)
    site.clock.now_ms += DAY_MS // 2
    assert (await get(site, "/api/me", here))[0] == 401
