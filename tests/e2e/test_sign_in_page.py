"""The sign-in page in a browser: an administrator's first sign-in, and a classroom PC opened by a teacher's phone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.people import words
from tests.e2e.running import ROOT, Server

pytestmark = pytest.mark.e2e
Launch = Callable[..., BrowserContext]
PASSWORD = "春天的小河静静流过村庄"
SIGN_IN = words("signin")


def account(server: Server, name: str, role: str) -> str:
    """A new account in the demo's county; its one-time password."""
    command = [sys.executable, "-m", "server", "accounts", "add", name, "--role", role, "--json"]
    made = subprocess.run([*command, "--data", str(server.data)], cwd=ROOT, capture_output=True, check=True)
    return str(json.loads(made.stdout)["password"])


def base(server: Server) -> str:
    return str(server.lesson["teacher"]["url"]).partition("/teacher")[0]


def type_name(page: Page, name: str, password: str) -> None:
    page.get_by_label(SIGN_IN["name"]).fill(name)
    page.get_by_label(SIGN_IN["password"], exact=True).fill(password)
    page.keyboard.press("Enter")


def choose_password(page: Page) -> None:
    page.get_by_label(SIGN_IN["fresh"]["label"]).fill(PASSWORD)
    page.get_by_label(SIGN_IN["fresh"]["again"]).fill(PASSWORD)
    page.keyboard.press("Enter")


def test_an_administrator_chooses_a_password_connects_a_phone_and_is_in(server: Server, launch: Launch) -> None:
    first = account(server, "wangfang", "county_admin")
    page = launch(width=1366, height=768).new_page()
    page.goto(f"{base(server)}/signin?lang=zh-CN")
    type_name(page, "wangfang", "wrong wrong wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    type_name(page, "wangfang", first)
    choose_password(page)
    expect(page.get_by_role("heading", name=SIGN_IN["phone"]["title"])).to_be_visible()
    secret = page.locator("code").inner_text().replace(" ", "")
    page.get_by_label(SIGN_IN["code"]["label"]).fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    expect(page.locator("li code")).to_have_count(10)
    page.get_by_role("button", name=SIGN_IN["recovery"]["go"]).click()
    expect(page).to_have_url(re.compile("/(replay|admin)$"))
    page.goto(f"{base(server)}/signin?lang=zh-CN")
    expect(page.get_by_text(SIGN_IN["in"]["here"])).to_be_visible()


def test_a_classroom_pc_is_opened_by_a_teachers_phone(server: Server, launch: Launch) -> None:
    first = account(server, "lilei", "lead")
    pc = launch(width=1366, height=768).new_page()
    pc.goto(f"{base(server)}/signin?lang=zh-CN")
    with pc.expect_request("**/api/sign-in/screen/collect") as asked:
        shown = pc.locator("[data-code]").get_attribute("data-code")
    request = json.loads(asked.value.post_data or "")["id"]
    phone = launch(width=390, height=844).new_page()
    phone.goto(f"{base(server)}/signin?lang=zh-CN#approve={request}")
    type_name(phone, "lilei", first)
    choose_password(phone)
    expect(phone.get_by_text(str(shown), exact=True)).to_be_visible()
    phone.get_by_role("button", name=SIGN_IN["approve"]["yes"]).click()
    expect(pc).to_have_url(re.compile("/teacher$"))
