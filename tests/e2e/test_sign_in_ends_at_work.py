"""A sign-in that ends while somebody is at work: it is said, what was typed stays, and saving goes on after it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.people import follow, words
from tests.e2e.running import Server

pytestmark = pytest.mark.e2e
Launch = Callable[..., BrowserContext]
ADMIN, SCHOOLS = words("admin"), words("admin-schools")
SCHOOL = "柳树湾教学点"


def test_a_form_survives_a_sign_in_that_ended_and_is_saved_after_the_next(server: Server, launch: Launch) -> None:
    link, base = str(server.links["admin"]["url"]), str(server.links["http"])
    context = launch()
    page = context.new_page()
    follow(page, link)
    page.goto(f"{base}/admin#/schools/new")
    name = page.get_by_label(SCHOOLS["name"], exact=True)
    name.fill(SCHOOL)
    cookie = context.cookies()
    context.clear_cookies()
    page.get_by_role("button", name=ADMIN["save"], exact=True).click()
    alert = page.get_by_role("alert").filter(has_text=ADMIN["signInBeside"]["text"])
    expect(alert).to_be_visible()
    assert name.input_value() == SCHOOL
    with context.expect_page() as beside:
        alert.get_by_role("link", name=ADMIN["signInBeside"]["go"]).click()
    beside.value.wait_for_url("**/signin")
    context.add_cookies([{"name": one["name"], "value": one["value"], "url": base} for one in cookie])
    page.get_by_role("button", name=ADMIN["save"], exact=True).click()
    expect(page.get_by_role("row", name=SCHOOL)).to_be_visible()
