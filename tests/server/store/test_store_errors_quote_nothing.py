"""What the database complains of goes into logs and to whoever asked: never what somebody wrote into a row."""

from __future__ import annotations

import traceback
from pathlib import Path

import psycopg
import pytest
from psycopg.pq import DiagnosticField
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from server.store import schema
from server.store.errors import Conflict, translate
from server.store.store import open_store

NAME = "张小红"


async def test_an_error_with_all_its_causes_does_not_quote_a_row(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    row = {"id": "county-1", "name": NAME, "time_zone": "UTC"}
    await store.database.write(lambda c: c.execute(insert(schema.county), row))
    with pytest.raises(Conflict) as refused:
        await store.database.write(lambda c: c.execute(insert(schema.county), row))
    await store.close()
    assert NAME not in "".join(traceback.format_exception(refused.value))


def test_of_postgresql_only_the_message_is_kept_not_the_detail() -> None:
    first = 'duplicate key value violates unique constraint "uq_account_name"'
    told = {DiagnosticField.MESSAGE_PRIMARY: first.encode()}
    orig = psycopg.errors.UniqueViolation(f"{first}\nDETAIL:  Key (name)=({NAME}) already exists.", info=told)
    found = translate(IntegrityError("INSERT", {}, orig))
    assert (found.code, str(found)) == ("store_conflict", first)
    lost = translate(IntegrityError("INSERT", {}, psycopg.OperationalError("connection refused")))
    assert (found.code, lost.code, str(lost)) == ("store_conflict", "store_away", "connection refused")
