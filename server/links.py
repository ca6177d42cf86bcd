"""The links people open: for each lesson its teacher, its classrooms and its replays, each with a fresh token."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from server.audit.chain import Entry
from server.data_dir import Running
from server.demo import EXPIRES_MS
from server.origins import origin
from server.start_pages import page_of
from server.store.rows import LessonWithCast, Subject
from server.store.store import Store

Maker = Literal["operator", "server"]
"""Who has links made, as the audit log calls it: somebody at the command line, or the server as it starts."""


class Link(Struct, frozen=True, kw_only=True):
    """`url` works on the server's own machine, `lan_url` on others that trust its certificate authority."""

    id: str
    role: str
    school: str
    name: str
    page: str
    token: str
    url: str
    lan_url: str | None


class LessonLinks(Struct, frozen=True, kw_only=True):
    """What to open for one lesson. `replay` opens the list of recordings as the teacher."""

    lesson: str
    title: str
    state: str
    teacher: Link
    classrooms: list[Link]
    replay: Link


class Links(Struct, frozen=True, kw_only=True):
    """Everything there is to open. `trust_url` is where a device learns to trust the server, `authority` its file."""

    http: str
    https: str | None
    media_port: int | None
    trust_url: str | None
    authority: str | None
    fingerprint: str | None
    pid: int | None
    lessons: list[LessonLinks]
    admin: Link | None


class Bases:
    """The addresses links begin with. On the server's own machine each participant gets a loopback address of its own,
    because a browser keeps one cookie per address and would otherwise forget the teacher when a classroom is opened.
    """

    def __init__(self, running: Running) -> None:
        local = [host for host in running.http_hosts if ":" not in host]
        self._local = [origin("http", host, running.http_port) for host in local or running.http_hosts]
        self.lan: str | None = None
        if running.public_origins:
            self.lan = running.public_origins[0]
        elif running.https_port is not None and running.addresses:
            self.lan = origin("https", running.addresses[0], running.https_port)

    def local(self, seat: int) -> str:
        """The address for the participant in `seat`, 0 for the teacher."""
        return self._local[seat % len(self._local)]

    def link(self, who: Subject, token: str, seat: int, page: str | None = None) -> Link:
        """The link for `who`; the token is in the fragment, which browsers never send."""
        path = f"{page or page_of(who)}#token={token}"
        return Link(
            id=who.id,
            role=who.role,
            school=who.school,
            name=who.name,
            page=page or page_of(who),
            token=token,
            url=self.local(seat) + path,
            lan_url=self.lan + path if self.lan else None,
        )


async def make_links(
    store: Store, running: Running, authority: str, fingerprint: str, now_ms: int, by: Maker = "operator"
) -> Links:
    """Links for every lesson that is live or may still be started. Each call issues new tokens; older ones hold.

    For whom, and by whom, is in the audit log before any is made.
    """
    bases = Bases(running)
    entries = [entry for entry in await store.lessons.in_state("planned", "live") if _open(entry, now_ms)]
    await store.audit.append(
        [
            Entry(now_ms, "", by, "accounts.manage", "changed", about=who, code="issue_link")
            for who in dict.fromkeys(
                [member.id for entry in entries for member in entry.cast] + await _first_admin(store)
            )
        ]
    )
    lessons = [await _lesson_links(store, bases, entry, now_ms) for entry in entries]
    secure = running.https_port is not None
    return Links(
        http=bases.local(0),
        https=bases.lan,
        media_port=running.media_port,
        trust_url=bases.lan + "/trust" if bases.lan and secure else None,
        authority=authority if secure else None,
        fingerprint=fingerprint if secure else None,
        pid=running.pid,
        lessons=lessons,
        admin=await _admin_link(store, bases, now_ms),
    )


def _open(entry: LessonWithCast, now_ms: int) -> bool:
    return entry.lesson.state == "live" or entry.lesson.planned_end_ms + EXPIRES_MS > now_ms


async def _lesson_links(store: Store, bases: Bases, entry: LessonWithCast, now_ms: int) -> LessonLinks:
    tokens = await store.credentials.issue_many("link", [member.id for member in entry.cast], now_ms)
    links: list[Link] = []
    subjects: list[Subject] = []
    for seat, (member, token) in enumerate(zip(entry.cast, tokens, strict=True)):
        subject = await store.people.subject(member.id)
        assert subject is not None
        subjects.append(subject)
        links.append(bases.link(subject, token, seat))
    return LessonLinks(
        lesson=entry.lesson.id,
        title=entry.lesson.title,
        state=entry.lesson.state,
        teacher=links[0],
        classrooms=links[1:],
        replay=bases.link(subjects[0], tokens[0], 0, page="/replay"),
    )


async def _first_admin(store: Store) -> list[str]:
    return [admin.id for admin in (await store.people.county_admins())[:1]]


async def _admin_link(store: Store, bases: Bases, now_ms: int) -> Link | None:
    for admin_id in await _first_admin(store):
        token = await store.credentials.issue("link", admin_id, now_ms)
        subject = await store.people.subject(admin_id)
        assert subject is not None
        return bases.link(subject, token, 0)
    return None
