"""Accounts of staff: what their owners sign in with. Hashes are made and compared in server.accounts."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from server.store import schema
from server.store.credentials import end_credentials
from server.store.database import Database
from server.store.errors import Conflict
from server.store.lookups import named_or_another
from server.store.people import find_subject
from server.store.rows import StaffRole, Subject, build

AccountState = Literal["open", "first_password", "closed"]


class Account(Struct, frozen=True):
    """One person's account. `must_change`: its password is a one-time one, good until `expires_ms`.

    code_secret: shared with the owner's phone. code_offered: shown to the owner, not confirmed with a code yet.
    code_step: the step of the last code that was taken, so that none counts twice.
    """

    staff_id: str
    name: str
    hash: str
    must_change: bool
    expires_ms: int | None
    code_secret: str | None
    code_offered: str | None
    code_step: int
    closed_ms: int | None


class AccountCard(Struct, frozen=True):
    """What an administrator sees of an account."""

    staff_id: str
    sign_in_name: str
    name: str
    role: StaffRole
    school_id: str | None
    school: str
    state: AccountState
    code: bool


class Accounts:
    """Opens, finds and changes accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, staff_id: str, name: str, hashed: str, now_ms: int, expires_ms: int) -> None:
        """A new account with a one-time password.

        Raises:
            Conflict: `name_taken`, `has_account`, or there is no such member of staff.
        """
        table = schema.account
        row = {"staff_id": staff_id, "name": name, "hash": hashed, "must_change": True, "expires_ms": expires_ms}

        def work(connection: Connection) -> None:
            if connection.scalar(select(table.c.staff_id).where(table.c.staff_id == staff_id)):
                raise Conflict("has_account")
            if connection.scalar(select(table.c.staff_id).where(table.c.name == name)):
                raise Conflict("name_taken")
            connection.execute(insert(table), row | {"created_ms": now_ms, "changed_ms": now_ms})

        await self._database.write(work)

    async def by_name(self, name: str) -> tuple[Account, Subject] | None:
        """The account `name` belongs to and its owner, closed or not."""
        found = await self._find(named_or_another(schema.account.c.name, name))
        return found if found is not None and found[0].name == name else None

    async def of(self, staff_id: str) -> tuple[Account, Subject] | None:
        """The account of a member of staff."""
        return await self._find(schema.account.c.staff_id == staff_id)

    async def cards(self, county_id: str, school_id: str | None) -> list[AccountCard]:
        """The accounts of a county, or of one of its schools, by name."""
        where = [schema.staff.c.county_id == county_id]
        if school_id is not None:
            where.append(schema.staff.c.school_id == school_id)
        query = (
            select(schema.account, schema.staff.c.name.label("person"), schema.staff.c.role)
            .add_columns(schema.staff.c.school_id, schema.school.c.name.label("school"))
            .select_from(schema.account.join(schema.staff).outerjoin(schema.school))
            .where(*where)
            .order_by(schema.account.c.name)
        )
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [
            AccountCard(
                staff_id=row["staff_id"],
                sign_in_name=row["name"],
                name=row["person"],
                role=row["role"],
                school_id=row["school_id"],
                school=row["school"] or "",
                state="closed" if row["closed_ms"] else "first_password" if row["must_change"] else "open",
                code=row["code_secret"] is not None,
            )
            for row in rows
        ]

    async def set_password(self, staff_id: str, hashed: str, now_ms: int) -> None:
        """The owner's own new password."""
        await self._update(staff_id, hash=hashed, must_change=False, expires_ms=None, changed_ms=now_ms)

    async def rehash(self, staff_id: str, hashed: str) -> None:
        """The same password under newer settings."""
        await self._update(staff_id, hash=hashed)

    async def reset(self, staff_id: str, hashed: str, now_ms: int, expires_ms: int, *, forget_code: bool) -> None:
        """A one-time password from an administrator; opens a closed account. `forget_code`: the phone was lost.

        Every other way in ends with the old password: its sign-ins and links, the account of the county's sign-in
        service that was linked to it, and the calendar addresses its owner made.
        """

        def work(connection: Connection) -> None:
            values = {"hash": hashed, "must_change": True, "expires_ms": expires_ms, "changed_ms": now_ms}
            _set(connection, staff_id, closed_ms=None, **values)
            if forget_code:
                _set(connection, staff_id, code_secret=None, code_offered=None)
                connection.execute(delete(schema.recovery_code).where(schema.recovery_code.c.staff_id == staff_id))
            outside = schema.outside_identity
            connection.execute(delete(outside).where(outside.c.staff_id == staff_id))
            _end_feeds(connection, staff_id, now_ms)
            end_credentials(connection, [staff_id], now_ms)

        await self._database.write(work)

    async def close(self, staff_id: str, now_ms: int) -> None:
        """The account lets nobody in any more; calendar addresses that its owner made lead nowhere from now on."""

        def work(connection: Connection) -> None:
            _set(connection, staff_id, closed_ms=now_ms)
            _end_feeds(connection, staff_id, now_ms)

        await self._database.write(work)

    async def reopen(self, staff_id: str) -> None:
        """A closed account lets its owner in again, with the password she had."""
        await self._update(staff_id, closed_ms=None)

    async def offer_code(self, staff_id: str, secret: str) -> str:
        """The secret shown to the owner's phone: the one offered before and not confirmed yet, or `secret`."""

        def work(connection: Connection) -> str:
            table = schema.account
            offered = connection.scalar(select(table.c.code_offered).where(table.c.staff_id == staff_id))
            if offered is None:
                _set(connection, staff_id, code_offered=secret)
            return offered or secret

        return await self._database.write(work)

    async def confirm_code(self, staff_id: str, secret: str, step: int, recovery: list[bytes]) -> bool:
        """Codes from the phone are asked from now on; `recovery` are the digests of codes for a lost phone.

        False where `secret` is not the one offered any more.
        """

        def work(connection: Connection) -> bool:
            table = schema.account
            statement = update(table).where(table.c.staff_id == staff_id, table.c.code_offered == secret)
            done = connection.execute(statement.values(code_secret=secret, code_offered=None, code_step=step))
            if not done.rowcount:
                return False
            connection.execute(delete(schema.recovery_code).where(schema.recovery_code.c.staff_id == staff_id))
            rows = [{"staff_id": staff_id, "hash": digest} for digest in recovery]
            connection.execute(insert(schema.recovery_code), rows)
            return True

        return await self._database.write(work)

    async def spend_step(self, staff_id: str, step: int) -> bool:
        """Whether a code of `step` still counts; from now on it does not."""
        table = schema.account
        statement = update(table).where(table.c.staff_id == staff_id, table.c.code_step < step).values(code_step=step)
        return await self._database.write(lambda c: c.execute(statement).rowcount == 1)

    async def spend_recovery(self, staff_id: str, digest: bytes) -> bool:
        """Whether this recovery code was there; now it is gone."""
        table = schema.recovery_code
        statement = delete(table).where(table.c.staff_id == staff_id, table.c.hash == digest)
        return await self._database.write(lambda c: c.execute(statement).rowcount == 1)

    async def has_recovery(self, staff_id: str, digest: bytes) -> bool:
        """Whether this recovery code is still there."""
        table = schema.recovery_code
        query = select(table.c.hash).where(table.c.staff_id == staff_id, table.c.hash == digest)
        return await self._database.read(lambda c: c.scalar(query)) is not None

    async def _find(self, condition: ColumnElement[bool]) -> tuple[Account, Subject] | None:
        def work(connection: Connection) -> tuple[Account, Subject] | None:
            row = connection.execute(select(schema.account).where(condition)).mappings().one_or_none()
            subject = find_subject(connection, row["staff_id"]) if row is not None else None
            return (build(Account, row), subject) if row is not None and subject is not None else None

        return await self._database.read(work)

    async def _update(self, staff_id: str, **values: object) -> None:
        await self._database.write(lambda c: _set(c, staff_id, **values))


def _set(connection: Connection, staff_id: str, **values: object) -> None:
    table = schema.account
    connection.execute(update(table).where(table.c.staff_id == staff_id).values(**values))


def _end_feeds(connection: Connection, staff_id: str, now_ms: int) -> None:
    feed = schema.calendar_feed
    feeds = update(feed).where(feed.c.staff_id == staff_id, feed.c.revoked_ms.is_(None))
    connection.execute(feeds.values(revoked_ms=now_ms))
