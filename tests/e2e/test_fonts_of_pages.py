"""Our own words come in the page font: no slice of the whole typeface is fetched for them, early or late."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.e2e.people import ROOT, open_classroom, open_teacher
from tests.e2e.running import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

Launch = Callable[..., BrowserContext]
CATALOGS = ROOT / "web/src/locales"

REMEMBER = """
window.__shown = new Set();
new MutationObserver(changes => {
  for (const { target, addedNodes } of changes)
    for (const node of [target, ...addedNodes])
      if (document.body?.contains(node)) for (const character of node.textContent) window.__shown.add(character);
}).observe(document, { childList: true, characterData: true, subtree: true });
"""
"""Keeps every character the page has ever shown: a name may be gone again when a test looks."""

STYLES_ARE_HERE = """() => {
  const sheets = [...document.querySelectorAll('link[rel=stylesheet]')];
  return sheets.length > 2 && sheets.every(link => link.sheet) && document.body.innerText.trim().length > 0;
}"""

FONTS = """() => {
  const ranges = face => face.unicodeRange.split(',').map(range => {
    const [first, last] = range.trim().slice(2).split('-').map(hex => parseInt(hex, 16));
    return [first, last ?? first];
  });
  const within = (some, character) => some.some(([first, last]) => first <= character && character <= last);
  const faces = [...document.fonts];
  const own = faces.filter(face => face.family.includes('Tongke'));
  const slices = faces.filter(face => face.family.includes('Noto Sans SC'));
  const ours = own.flatMap(ranges);
  document.body.getBoundingClientRect();
  const typed = [...window.__shown].map(c => c.codePointAt(0)).filter(c => !within(ours, c));
  const fetched = slices.filter(face => face.status !== 'unloaded');
  return {
    own: own.map(face => [face.weight, face.status]).sort(),
    slices: slices.length,
    needless: fetched.filter(face => !typed.some(c => within(ranges(face), c))).map(face => face.unicodeRange),
  };
}"""
"""`needless`: slices that were asked for though the page never showed anything of theirs that the page font lacks."""

SHOW = """words => {
  for (const weight of [400, 700]) {
    const sign = document.createElement('p');
    sign.style.fontWeight = weight;
    sign.textContent = words;
    document.body.append(sign);
    sign.getBoundingClientRect();
  }
}"""


def all_our_words() -> str:
    """Every word of every catalog, in both languages."""
    return " ".join(word for path in sorted(CATALOGS.glob("*/*.json")) for word in texts(json.loads(path.read_text())))


def texts(catalog: Any) -> list[str]:
    """The texts of a (nested) catalog."""
    return [catalog] if isinstance(catalog, str) else [text for inner in catalog.values() for text in texts(inner)]


@pytest.fixture
def watched(launch: Launch) -> Launch:
    """`launch`, of browsers that remember what their pages showed."""

    def start() -> BrowserContext:
        context = launch()
        context.add_init_script(REMEMBER)
        return context

    return start


def assert_only_the_page_font(page: Page) -> None:
    page.wait_for_function(STYLES_ARE_HERE)
    page.evaluate(SHOW, all_our_words())
    page.evaluate("async () => { await document.fonts.ready }")
    fonts = page.evaluate(FONTS)
    assert fonts["slices"] > 100, "what people type has its slices"
    assert (fonts["own"], fonts["needless"]) == ([["400", "loaded"], ["700", "loaded"]], [])


def test_no_word_of_ours_fetches_a_slice_of_the_typeface_even_when_a_sign_appears_later(
    server: Server, watched: Launch
) -> None:
    teacher = open_teacher(watched(), server.lesson["teacher"]["url"])
    classroom = open_classroom(watched(), server.lesson["classrooms"][0]["url"])
    for page in (teacher.page, classroom.page):
        assert_only_the_page_font(page)
    teacher.enter()
    assert_only_the_page_font(teacher.page)


def test_no_slice_is_fetched_while_the_page_font_is_still_on_its_way(server: Server, watched: Launch) -> None:
    context = watched()
    held: list[Route] = []
    context.route(re.compile(r"/page-[47]00-[^/]+\.woff2$"), lambda route: held.append(route))
    page = context.new_page()
    page.goto(server.lesson["classrooms"][0]["url"], wait_until="commit")  # `load` waits for the fonts
    page.wait_for_function(STYLES_ARE_HERE)
    page.evaluate(SHOW, all_our_words())
    fonts = page.evaluate(FONTS)
    assert (fonts["own"], fonts["needless"]) == ([["400", "loading"], ["700", "loading"]], [])
    assert len(held) == 2, "each weight is asked for once"
    for route in held:
        route.continue_()
    assert_only_the_page_font(page)
