"""Rows of the timetable, planned; and what would be in two lessons at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from zoneinfo import ZoneInfo

from msgspec import structs

from server.county.calendar import Calendar, local_day, local_minute
from server.county.clashes import Booking, Clash, find_clashes, uses_of
from server.county.timetable import Bells, Dated, Entry, SeatedClass, date_lessons, fault_of, leaves_room_unnamed
from server.county.weeks import MAX_WEEK, BadWeeks, format_weeks, parse_weeks
from server.exchange.draft import Cells, Draft, only_once
from server.exchange.faults import Fault, Unfit
from server.exchange.references import References
from server.exchange.rows import Table
from server.exchange.sheets import Cell
from server.exchange.values import clock, minute_of, name_of, number_of, text_of
from server.store.county_rows import SchoolClass, Term
from server.store.rows import Classroom, Community, Staff
from signaling.messages import Mode

ROOMS = (("lead_room", "lead_classes"), ("room1", "classes1"), ("room2", "classes2"), ("room3", "classes3"))
_FAULT_COLUMN = {
    "period_or_time": "period", "ends_before_start": "ends", "bad_weeks": "weeks", "no_classroom": "room1",
    "room_twice": "room1", "class_twice": "classes1", "delivery_without_centre_class": "lead_classes",
    "class_not_in_a_room": "classes1",
}  # fmt: skip
Key = tuple[str, str, int, object, object, str]


class TimetablePlanner:
    """Plans weekly lessons. `whole`: what the file does not have of a term it names goes."""

    def __init__(self, draft: Draft, *, whole: bool) -> None:
        self._draft, self._whole = draft, whole
        self._references = References(draft)
        self._known: dict[Key, Entry] = {_key(entry): entry for entry in draft.snapshot.entries}
        self._row_of: dict[str, int] = {}
        self._kept: dict[str, Entry] = {}

    def timetable(self, table: Table) -> None:
        """An entry is known by its term, teacher, weekday, time and weeks: nobody can be in two places."""
        draft, seen = self._draft, dict[str, int]()
        bells = Bells(draft.bells.values())
        for row in table.rows:
            cells = Cells(table, row, draft)
            entry = self._entry(cells)
            if entry is None or self._faulty(cells, entry, bells):
                continue
            known = self._known.get(_key(entry))
            if known is not None:
                entry = structs.replace(entry, id=known.id)
            if not only_once(seen, "/".join(map(str, _key(entry))), cells, "lead"):
                continue
            self._row_of[entry.id], self._kept[entry.id] = row.number, entry
            draft.unnamed += leaves_room_unnamed(entry)
            if draft.count("timetable", cells, self._name(entry), _ordered(known), _ordered(entry) or entry):
                draft.entries.append(entry)
        self._remove()
        self._find_clashes(bells)

    def _entry(self, cells: Cells) -> Entry | None:
        """The row as an entry with an id of its own, or None."""
        take, need, references = cells.take, cells.need, self._references
        term = need("term", references.term)
        community = need("community", lambda cell: references.community(cell, term))
        weekday, mode = need("weekday", self._weekday), take("mode", self._mode)
        period = take("period", lambda cell: number_of(cell, 1, 20))
        starts, ends = take("starts", minute_of), take("ends", minute_of)
        weeks, title = take("weeks", partial(self._weeks, term=term), "") or "", take("title", name_of, "") or ""
        subject = need("subject", references.subject)
        members = self._draft.members.get(community.id, []) if community else []
        lead = need("lead", lambda cell: references.person(cell, members))
        rooms = self._rooms(cells, lead)
        if cells.faulty or not (term and community and weekday and subject and lead):
            return None
        if period is not None and starts is not None:
            period = None  # own times say more than the number beside them
        lead_room, *remote = [room for room, _ in rooms]
        seats = tuple(SeatedClass(one.id, room.id) for room, classes in rooms if room for one in classes)
        centre_class = bool(rooms[0][1])
        return Entry(
            id=self._draft.new_id("entry"), term_id=term.id, community_id=community.id, weekday=weekday,
            period=period, starts_min=starts, ends_min=ends, weeks=weeks, subject_id=subject.id, title=title,
            lead_id=lead.id, lead_room_id=lead_room.id if lead_room else None,
            mode=mode or ("blended" if centre_class else "delivery"),
            rooms=tuple(room.id for room in remote if room), classes=tuple(sorted(seats)),
        )  # fmt: skip

    def _rooms(self, cells: Cells, lead: Staff | None) -> list[tuple[Classroom | None, list[SchoolClass]]]:
        """The lead's room and the remote ones, each with its classes."""
        home = self._draft.schools.by_id.get(lead.school_id or "") if lead else None
        found: list[tuple[Classroom | None, list[SchoolClass]]] = []
        for key, classes_key in ROOMS:
            school = home if key == "lead_room" else None
            read = partial(self._references.room, school=school)
            room = cells.need(key, read) if key == "room1" else cells.take(key, read)
            classes: list[SchoolClass] | None = None
            if cells.given(classes_key) and room is None:
                if not cells.given(key):
                    cells.refuse(classes_key, "classes_without_room")
            elif room is not None:
                classes = cells.take(classes_key, partial(self._references.classes, room=room))
            found.append((room, classes or []))
        return found

    def _faulty(self, cells: Cells, entry: Entry, bells: Bells) -> bool:
        """Whether the entry cannot be, by itself or in its community."""
        draft = self._draft
        code = fault_of(entry)
        if code is not None:
            cells.refuse(_FAULT_COLUMN.get(code, "weekday"), code)
            return True
        members = draft.members.get(entry.community_id, [])
        lead_school = draft.staff.by_id[entry.lead_id].school_id
        if lead_school is not None and lead_school not in members:
            cells.refuse("lead", "lead_outside_community")
        for (key, _), room_id in zip(ROOMS, (entry.lead_room_id, *entry.rooms), strict=False):
            if room_id is not None and draft.rooms.by_id[room_id].school_id not in members:
                cells.refuse(key, "room_outside_community")
        if bells.of_entry(entry, lead_school) is None:
            cells.refuse("period", "no_bell")
        return cells.faulty

    def _remove(self) -> None:
        """Entries of the terms that the file names and that it does not have."""
        if not self._whole:
            return
        named = {entry.term_id for entry in self._kept.values()}
        gone = [entry.id for entry in self._known.values() if entry.term_id in named and entry.id not in self._kept]
        self._draft.removed = sorted(gone)
        self._draft.tallies["timetable"].removed = len(gone)

    def _find_clashes(self, bells: Bells) -> None:
        """Rows that need somebody or something twice; only what lies ahead counts."""
        draft, removed = self._draft, set(self._draft.removed)
        after = {entry.id: entry for entry in self._known.values() if entry.id not in removed} | self._kept
        touched = {entry.id for entry in draft.entries} or set()
        bookings = list(draft.snapshot.by_hand)
        for term in draft.terms.by_id.values():
            chosen = [entry for entry in after.values() if entry.term_id == term.id]
            if touched & {entry.id for entry in chosen}:
                bookings += [_booking(one) for one in self._dated(term, chosen, bells) if one.end_ms > draft.now_ms]
        for clash in find_clashes(bookings, frozenset(touched)):
            self._tell(clash)

    def _dated(self, term: Term, entries: Sequence[Entry], bells: Bells) -> list[Dated]:
        draft = self._draft
        days = {day.day: day.follows for day in draft.days.get(term.id, {}).values()}
        calendar = Calendar(term.begins, term.ends, ZoneInfo(draft.snapshot.time_zone), days)
        hours = [(entry, bells.of_entry(entry, draft.staff.by_id[entry.lead_id].school_id)) for entry in entries]
        changes = {(change.entry_id, change.day): change for change in draft.snapshot.changes}
        timed = [(entry, when) for entry, when in hours if when is not None]
        return [one for one in date_lessons(calendar, timed, changes) if one.cancelled is None]

    def _tell(self, clash: Clash) -> None:
        draft, zone = self._draft, ZoneInfo(self._draft.snapshot.time_zone)
        rows = sorted((self._row_of.get(owner, 0), owner) for owner in (clash.first, clash.second))
        mine, other = rows[1], rows[0]
        values = {
            "what": self._what(clash),
            "owner": str(other[0]) if other[0] else self._owner(other[1]),
            "day": local_day(clash.start_ms, zone).isoformat(),
            "start": clock(local_minute(clash.start_ms, zone)),
            "times": str(clash.times),
        }
        column = {"room": "room1", "teacher": "lead", "class": "classes1"}[clash.kind]
        draft.tallies["timetable"].faulty += 1
        draft.fault(Fault("timetable", mine[0], column, f"clash_{clash.kind}", "", values))

    def _what(self, clash: Clash) -> str:
        draft = self._draft
        if clash.kind == "teacher":
            return draft.staff.by_id[clash.id].name
        thing: Classroom | SchoolClass = (
            draft.rooms.by_id[clash.id] if clash.kind == "room" else draft.classes.by_id[clash.id]
        )
        return f"{draft.schools.by_id[thing.school_id].name} · {thing.name}"

    def _owner(self, owner: str) -> str:
        entry = self._known_by_id().get(owner)
        return self._name(entry) if entry else "·"

    def _known_by_id(self) -> dict[str, Entry]:
        return {entry.id: entry for entry in self._known.values()}

    def _name(self, entry: Entry) -> str:
        draft = self._draft
        community: Community | None = draft.communities.by_id.get(entry.community_id)
        names = (draft.subjects.by_id[entry.subject_id].name, draft.staff.by_id[entry.lead_id].name)
        return " · ".join((*names, community.name if community else ""))

    def _weekday(self, cell: Cell) -> int:
        found = self._draft.vocabulary.word("weekday", text_of(cell))
        if found is None:
            raise Unfit("not_a_word", allowed="weekday")
        return int(found)

    def _mode(self, cell: Cell) -> Mode:
        found = self._draft.vocabulary.word("mode", text_of(cell))
        if found == "blended" or found == "delivery":
            return found  # type: ignore[return-value]
        raise Unfit("not_a_word", allowed="mode")

    def _weeks(self, cell: Cell, term: Term | None) -> str:
        """Kept as people write it, for they will read it again."""
        last = (term.ends - term.begins).days // 7 + 2 if term else MAX_WEEK
        weeks = self._draft.vocabulary.weeks(text_of(cell), min(last, MAX_WEEK))
        try:
            parse_weeks(weeks)
        except BadWeeks as error:
            raise Unfit("bad_weeks") from error
        return weeks


def _key(entry: Entry) -> Key:
    try:
        weeks = format_weeks(parse_weeks(entry.weeks))
    except BadWeeks:
        weeks = entry.weeks
    return entry.term_id, entry.lead_id, entry.weekday, entry.period, entry.starts_min, weeks


def _ordered(entry: Entry | None) -> Entry | None:
    """Ways to write the same are the same: seats have no order, weeks one spelling."""
    if entry is None:
        return None
    return structs.replace(entry, classes=tuple(sorted(entry.classes)), weeks=_key(entry)[5])


def _booking(dated: Dated) -> Booking:
    entry = dated.entry
    classes = (one.class_id for one in entry.classes)
    uses = uses_of(entry.lead_id, entry.lead_room_id, entry.rooms, classes)
    return Booking(owner=entry.id, start_ms=dated.start_ms, end_ms=dated.end_ms, uses=uses)
