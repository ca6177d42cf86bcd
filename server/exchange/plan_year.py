"""Rows of terms, special days, bells and communities, planned."""

from __future__ import annotations

from datetime import date

from server.county.calendar import MAX_TERM_DAYS
from server.county.timetable import Bell
from server.exchange.draft import Cells, Draft, merged, only_once
from server.exchange.faults import Unfit
from server.exchange.references import References
from server.exchange.rows import Table
from server.exchange.snapshot import Founding, Joining
from server.exchange.values import date_of, minute_of, name_of, number_of
from server.store.county_rows import SpecialDay, Term
from server.store.rows import Community, School

POINTS = ("point1", "point2", "point3")


class YearPlanner:
    """Plans what a county sets for a term."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._references = References(draft)

    def terms(self, table: Table) -> None:
        """A term is known by its name."""
        draft, seen = self._draft, dict[str, int]()
        for row in table.rows:
            cells = Cells(table, row, draft)
            name = cells.need("name", name_of)
            begins, ends = cells.need("begins", date_of), cells.need("ends", date_of)
            if begins and ends and ends < begins:
                cells.refuse("ends", "ends_before_start")
            elif begins and ends and (ends - begins).days >= MAX_TERM_DAYS:
                cells.refuse("ends", "term_too_long")
            if cells.faulty or name is None or begins is None or ends is None:
                continue
            known = draft.terms.match("", "", name)
            value = merged(
                known,
                Term(
                    draft.new_id("term"), draft.snapshot.county_id, name, begins, ends
                ),
                begins=begins, ends=ends,
            )  # fmt: skip
            if only_once(seen, value.id, cells, "name"):
                draft.terms.put(value)
                if draft.count("terms", cells, name, known, value):
                    draft.write(value)

    def days(self, table: Table) -> None:
        """A holiday, or with `follows` a make-up day."""
        draft, seen = self._draft, dict[str, int]()
        for row in table.rows:
            cells = Cells(table, row, draft)
            term = cells.need("term", self._references.term)
            day, follows = cells.need("day", date_of), cells.take("follows", date_of)
            name = cells.take("name", name_of, "") or ""
            if term and day and not term.begins <= day <= term.ends:
                cells.refuse("day", "day_outside_term", begins=term.begins.isoformat(), ends=term.ends.isoformat())
            if day and follows == day:
                cells.refuse("follows", "follows_itself")
            if cells.faulty or term is None or day is None:
                continue
            if only_once(seen, f"{term.id}/{day}", cells, "day"):
                self._keep_day(cells, term, day, SpecialDay(day, follows, name))

    def bells(self, table: Table) -> None:
        """A period of a school, or of every school without its own."""
        draft, seen = self._draft, dict[str, int]()
        for row in table.rows:
            cells = Cells(table, row, draft)
            school = cells.take("school", self._references.school)
            period = cells.need("period", lambda cell: number_of(cell, 1, 20))
            starts, ends = cells.need("starts", minute_of), cells.need("ends", minute_of)
            if starts is not None and ends is not None and ends <= starts:
                cells.refuse("ends", "ends_before_start")
            if cells.faulty or period is None or starts is None or ends is None:
                continue
            school_id = school.id if school else None
            if not only_once(seen, f"{school_id}/{period}", cells, "period"):
                continue
            value = Bell(school_id=school_id, period=period, starts_min=starts, ends_min=ends)
            name = f"{school.name} {period}" if school else str(period)
            if draft.count("bells", cells, name, draft.bells.get((school_id, period)), value):
                draft.bells[school_id, period] = value
                draft.touched_bells.add(school_id)

    def communities(self, table: Table) -> None:
        """A community is known by its name and term; its points are those that the row names."""
        draft, seen = self._draft, dict[str, int]()
        for row in table.rows:
            cells = Cells(table, row, draft)
            name, term = cells.need("name", name_of), cells.take("term", self._references.term)
            centre = cells.need("centre", self._references.school)
            points = [cells.take(key, self._references.school) for key in POINTS]
            if centre and centre.kind != "centre":
                cells.refuse("centre", "not_a_centre")
            for key, point in zip(POINTS, points, strict=True):
                if point and point.kind != "teaching_point":
                    cells.refuse(key, "not_a_teaching_point")
            chosen = [point for point in points if point]
            if len({point.id for point in chosen}) < len(chosen):
                cells.refuse("point1", "point_twice")
            if not chosen and not cells.faulty:
                cells.refuse("point1", "no_point")
            if cells.faulty or name is None or centre is None:
                continue
            self._keep_community(cells, seen, name, term, centre, chosen)

    def _keep_day(self, cells: Cells, term: Term, day: date, value: SpecialDay) -> None:
        known = self._draft.days.setdefault(term.id, {}).get(day)
        if self._draft.count("days", cells, day.isoformat(), known, value):
            self._draft.days[term.id][day] = value
            self._draft.touched_days.add(term.id)

    def _keep_community(
        self, cells: Cells, seen: dict[str, int], name: str, term: Term | None, centre: School, points: list[School]
    ) -> None:
        draft = self._draft
        try:
            known = self._known(name, term)
        except Unfit as unfit:
            cells.refuse("name", unfit.code, **unfit.values)
            return
        if known is not None and draft.members[known.id][:1] != [centre.id]:
            cells.refuse("centre", "centre_fixed")
            return
        if known is None:
            known = Community(
                draft.new_id("community"), draft.snapshot.county_id, name, term.id if term else None, draft.now_ms, None
            )
            if only_once(seen, known.id, cells, "name"):
                draft.tallies["communities"].new += 1
                draft.founded.append(Founding(known, centre.id, [point.id for point in points]))
                draft.communities.put(known)
                draft.members[known.id] = [centre.id, *(point.id for point in points)]
        elif only_once(seen, known.id, cells, "name"):
            self._change(cells, known, term, [point.id for point in points])

    def _known(self, name: str, term: Term | None) -> Community | None:
        """The community of that name for the term, or one that has no term yet; without a term the only one."""
        communities = self._draft.communities
        if term is not None:
            return communities.match("", "", f"{name}/{term.id}") or communities.match("", "", f"{name}/")
        named = [one for one in communities.by_id.values() if one.name == name]
        if len(named) > 1:
            raise Unfit("which_term")
        return named[0] if named else None

    def _change(self, cells: Cells, known: Community, term: Term | None, points: list[str]) -> None:
        draft, before = self._draft, self._draft.members[known.id][1:]
        columns: list[str] = []
        value = merged(known, known, term_id=term.id if term else None)
        if value != known:
            columns.append("term_id")
            draft.renamed.append(value)
            draft.communities.put(value)
        if set(points) != set(before):
            columns.append("points")
            draft.left += [Joining(known.id, one) for one in before if one not in points]
            draft.joined += [Joining(known.id, one) for one in points if one not in before]
            draft.members[known.id] = [draft.members[known.id][0], *points]
        draft.count_changes("communities", cells, known.name, columns)
