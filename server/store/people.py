"""Schools, classrooms and staff of the county."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, insert, select

from server.store import schema
from server.store.database import Database
from server.store.ids import new_id
from server.store.lookups import named_or_another
from server.store.rows import Classroom, Profile, School, SchoolKind, Staff, StaffRole, Subject, build


class People:
    """Who and what a county has, and whom a credential stands for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_county(self, name: str, time_zone: str, now_ms: int) -> str:
        """The new county's id. `time_zone` is an IANA name: how times are shown, never how they are kept."""
        county_id = new_id("county", now_ms)
        row = {"id": county_id, "name": name, "time_zone": time_zone}
        await self._database.write(lambda c: c.execute(insert(schema.county), row))
        return county_id

    async def add_school(self, county_id: str, kind: SchoolKind, name: str, now_ms: int) -> School:
        """The new school.

        Raises:
            Conflict: the county does not exist.
        """
        school = School(id=new_id("school", now_ms), county_id=county_id, kind=kind, name=name)
        await self._database.write(lambda c: c.execute(insert(schema.school), _row(school)))
        return school

    async def add_classroom(self, school_id: str, name: str, profile: Profile, now_ms: int) -> Classroom:
        """The new classroom.

        Raises:
            Conflict: the school does not exist.
        """
        room = Classroom(id=new_id("room", now_ms), school_id=school_id, name=name, profile=profile)
        await self._database.write(lambda c: c.execute(insert(schema.classroom), _row(room)))
        return room

    async def add_staff(self, county_id: str, school_id: str | None, role: StaffRole, name: str, now_ms: int) -> Staff:
        """The new member of staff.

        Raises:
            Conflict: the county or the school does not exist.
        """
        person = Staff(id=new_id("staff", now_ms), county_id=county_id, school_id=school_id, role=role, name=name)
        await self._database.write(lambda c: c.execute(insert(schema.staff), _row(person)))
        return person

    async def staff_of(self, school_id: str) -> list[Staff]:
        """The school's staff, longest there first."""
        query = select(schema.staff).where(schema.staff.c.school_id == school_id, schema.staff.c.left_ms.is_(None))
        query = query.order_by(schema.staff.c.id)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [build(Staff, row) for row in rows]

    async def classrooms_of(self, school_id: str) -> list[Classroom]:
        """The school's classrooms, oldest first."""
        table = schema.classroom
        query = select(table).where(table.c.school_id == school_id, table.c.closed_ms.is_(None))
        query = query.order_by(schema.classroom.c.id)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [build(Classroom, row) for row in rows]

    async def county_admins(self) -> list[Staff]:
        """Everybody who administers a county, longest there first."""
        table = schema.staff
        query = select(table).where(table.c.role == "county_admin", table.c.left_ms.is_(None)).order_by(table.c.id)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [build(Staff, row) for row in rows]

    async def time_zone(self, county_id: str) -> str:
        """The IANA name of the zone the county shows its times in; UTC for a county that is not there."""
        query = select(schema.county.c.time_zone).where(schema.county.c.id == county_id)
        return await self._database.read(lambda c: c.scalar(query)) or "UTC"

    async def subject(self, subject_id: str) -> Subject | None:
        """Whom `subject_id` names, a member of staff or a classroom."""
        return await self._database.read(lambda c: find_subject(c, subject_id))

    async def find_staff(self, staff_id: str) -> Subject | None:
        """A member of staff, for who may have no right to know of her: as long in coming where there is none."""
        wanted = named_or_another(schema.staff.c.id, staff_id)
        found = await self._database.read(lambda c: _staff(c, wanted))
        return found if found is not None and found.id == staff_id else None

    async def subjects(self, subject_ids: Collection[str]) -> dict[str, Subject]:
        """The same for many at once; who left or was closed is not among them."""
        found = await self._database.read(lambda c: [find_subject(c, one) for one in sorted(subject_ids)])
        return {subject.id: subject for subject in found if subject is not None}


def find_subject(connection: Connection, subject_id: str) -> Subject | None:
    """Whom `subject_id` names, unless they left or the room was closed. For use inside a transaction of the store."""
    if subject_id.startswith("staff-"):
        return _staff(connection, schema.staff.c.id == subject_id)
    return _classroom(connection, subject_id)


def _staff(connection: Connection, wanted: ColumnElement[bool]) -> Subject | None:
    further = schema.staff_role
    query = (
        select(schema.staff, schema.school.c.name.label("school"), further.c.role.label("further"))
        .select_from(schema.staff.outerjoin(schema.school).outerjoin(further, further.c.staff_id == schema.staff.c.id))
        .where(wanted, schema.staff.c.left_ms.is_(None))
        .order_by(further.c.role)
    )
    rows = connection.execute(query).mappings().all()
    if not rows:
        return None
    row = rows[0]
    return Subject(
        id=row["id"],
        kind="staff",
        role=row["role"],
        county_id=row["county_id"],
        school_id=row["school_id"],
        school=row["school"] or "",
        name=row["name"],
        further=tuple(row["further"] for row in rows if row["further"] is not None),
    )


def _classroom(connection: Connection, room_id: str) -> Subject | None:
    query = (
        select(schema.classroom, schema.school.c.name.label("school"), schema.school.c.county_id)
        .select_from(schema.classroom.join(schema.school))
        .where(schema.classroom.c.id == room_id, schema.classroom.c.closed_ms.is_(None))
    )
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    return Subject(
        id=row["id"],
        kind="classroom",
        role="classroom",
        county_id=row["county_id"],
        school_id=row["school_id"],
        school=row["school"],
        name=row["name"],
    )


def _row(value: School | Classroom | Staff) -> dict[str, object]:
    return {field: getattr(value, field) for field in value.__struct_fields__}
