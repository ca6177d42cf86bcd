"""What devices reported, written in batches: the newest state of each, and a bounded history."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, Table, delete, func, insert, select, text, update

from server.store import schema
from server.store.device_rows import Batch, Change, State, Tested

CHANGES_KEPT = 200
TESTS_KEPT = 60
"""The newest ones of each device; about a term of one test a school day."""

_FIELDS = State.__struct_fields__
_KEEP_STATE = text(
    f"INSERT INTO device_state ({', '.join(_FIELDS)}) VALUES ({', '.join(f':{field}' for field in _FIELDS)})"
    f" ON CONFLICT (device_id) DO UPDATE SET {', '.join(f'{field} = excluded.{field}' for field in _FIELDS[1:])}"
)


def write_batch(connection: Connection, batch: Batch) -> None:
    """Writes all of a batch; history beyond its bounds goes."""
    _write_states(connection, batch.states)
    _append(connection, schema.device_change, batch.changes, CHANGES_KEPT)
    _append(connection, schema.device_test, batch.tests, TESTS_KEPT)
    if batch.opened:
        connection.execute(insert(schema.ticket), [_columns(one) for one in batch.opened])
    for ticket_id, at_ms in batch.closed:
        table = schema.ticket
        connection.execute(update(table).where(table.c.id == ticket_id).values(closed_ms=at_ms))


def _write_states(connection: Connection, states: Sequence[State]) -> None:
    """Inserts or updates them; the same statement for both databases. As text, it is bound without detours."""
    if states:
        connection.execute(_KEEP_STATE, [_columns(state) for state in states])


def _append(connection: Connection, table: Table, rows: Sequence[Change | Tested], kept: int) -> None:
    """Appends rows with numbers of their own for each device, and drops its oldest beyond `kept`."""
    if not rows:
        return
    devices = {row.device_id for row in rows}
    newest = select(table.c.device_id, func.max(table.c.number)).where(table.c.device_id.in_(devices))
    last = {row[0]: row[1] for row in connection.execute(newest.group_by(table.c.device_id))}
    numbered = []
    for row in rows:
        last[row.device_id] = last.get(row.device_id, 0) + 1
        numbered.append({**_columns(row), "number": last[row.device_id]})
    connection.execute(insert(table), numbered)
    for device in devices:
        gone = (table.c.device_id == device) & (table.c.number <= last[device] - kept)
        connection.execute(delete(table).where(gone))


def _columns(value: Struct) -> dict[str, object]:
    return {field: getattr(value, field) for field in value.__struct_fields__}
