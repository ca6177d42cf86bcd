"""Puts links on a terminal: both languages, each with a QR code for the phone or the TV's camera."""

from __future__ import annotations

import io
from collections.abc import Iterable

from server.links import LessonLinks, Link, Links
from server.texts import LANGUAGES, Texts

QR_LESSONS_AT_MOST = 1
"""With more lessons than this only addresses are printed: nobody scrolls through forty codes."""


def as_text(links: Links) -> str:
    """What `tongke serve` says once it serves, and `tongke links` at any time."""
    both = Both()
    lines = [both("links.title" if links.pid else "links.not_running"), ""]
    for lesson in links.lessons:
        lines += _lesson(lesson, both, with_codes=len(links.lessons) <= QR_LESSONS_AT_MOST)
    if not links.lessons:
        lines += [both("links.none"), ""]
    if links.admin is not None:
        lines += _link(both("links.admin"), links.admin, with_code=False)
    else:
        lines += _nobody(links, both)
    lines += _trust(links, both)
    return "\n".join(lines)


class Both:
    """Chinese and English side by side."""

    def __init__(self) -> None:
        self._all = [Texts(language) for language in LANGUAGES]

    def __call__(self, key: str, **values: object) -> str:
        return " · ".join(dict.fromkeys(texts(key, **values) for texts in self._all))

    def lines(self, key: str, **values: object) -> list[str]:
        """One line a language."""
        return list(dict.fromkeys(texts(key, **values) for texts in self._all))


def qr(content: str) -> str:
    """A QR code of two modules a line, for terminals with a dark ground."""
    import segno

    drawn = io.StringIO()
    segno.make(content, error="l", micro=False).terminal(drawn, border=2, compact=True)
    return drawn.getvalue()


def _lesson(lesson: LessonLinks, both: Both, *, with_codes: bool) -> list[str]:
    lines = [both("links.lesson", title=lesson.title, school=lesson.teacher.school), ""]
    lines += _link(both("links.teacher", school=lesson.teacher.school), lesson.teacher, with_codes)
    for room in lesson.classrooms:
        lines += _link(both("links.classroom", school=room.school), room, with_codes)
    return lines + _link(both("links.replay"), lesson.replay, with_codes)


def _link(title: str, link: Link, with_code: bool) -> list[str]:
    lines = [f"  ▶ {title}", f"    {link.url}"]
    if link.lan_url:
        lines.append(f"    {link.lan_url}")
    if with_code:
        lines += _indented(qr(link.lan_url or link.url).splitlines())
    return [*lines, ""]


def _nobody(links: Links, both: Both) -> list[str]:
    """On a new installation: how the first of all gets in."""
    how = both.lines("links.nobody_how", url=f"{links.http}/signin")
    return ["  ▶ " + both("links.nobody"), *_indented(how), ""]


def _trust(links: Links, both: Both) -> list[str]:
    if links.trust_url is None:
        return []
    lines = ["  ▶ " + both("links.trust")]
    lines += _indented(both.lines("links.trust_how", url=links.trust_url, authority=links.authority))
    lines += _indented(both.lines("links.fingerprint", fingerprint=links.fingerprint))
    return [*lines, *_indented(qr(links.trust_url).splitlines()), ""]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]
