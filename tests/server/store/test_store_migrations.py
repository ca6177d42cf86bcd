"""What a database of an older program becomes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import URL, Connection, text

from server.store.database import Database
from server.store.migrate import HEAD, MIGRATIONS, migrate
from server.store.store import Store

FIRST = """
INSERT INTO county VALUES ('county-1', '县', 'Asia/Shanghai');
INSERT INTO school VALUES ('school-1', 'county-1', 'centre', '中心小学');
INSERT INTO school VALUES ('school-2', 'county-1', 'teaching_point', '教学点');
INSERT INTO classroom VALUES ('room-2', 'school-2', '教室', 'simple');
INSERT INTO staff VALUES ('staff-1', 'county-1', 'school-1', 'lead', '主讲教师');
INSERT INTO community VALUES ('community-1', 'county-1', '共同体', '', 1, NULL);
INSERT INTO community_member VALUES ('community-1', 'school-1', 0, 1, NULL);
INSERT INTO community_member VALUES ('community-1', 'school-2', 1, 1, NULL);
INSERT INTO lesson VALUES ('planned', 'community-1', 'staff-1', 't', 's', 'blended', 'planned', 1, 2, NULL, NULL);
INSERT INTO lesson VALUES ('live', 'community-1', 'staff-1', 't', 's', 'blended', 'live', 1, 2, 1, NULL);
INSERT INTO lesson VALUES ('ended', 'community-1', 'staff-1', 't', 's', 'blended', 'ended', 1, 2, 1, 2);
INSERT INTO lesson VALUES ('missed', 'community-1', 'staff-1', 't', 's', 'blended', 'missed', 1, 2, NULL, 2);
INSERT INTO lesson_classroom VALUES ('ended', 'room-2', 1)
"""


@pytest.fixture
async def first(empty_url: URL) -> AsyncIterator[Database]:
    """A database as the first schema kept it, with a lesson in each of its states."""
    database = Database(empty_url)
    await database.write(_make_first)
    yield database
    await database.close()


def _make_first(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    for statement in FIRST.split(";"):
        connection.execute(text(statement))


async def test_lessons_that_were_over_wait_to_be_judged_and_nothing_is_lost(first: Database) -> None:
    assert await migrate(first) is True
    states = await first.read(lambda c: c.execute(text("SELECT id, state, origin FROM lesson ORDER BY id")).all())
    assert [tuple(row) for row in states] == [
        ("ended", "UNJUDGED", "planned"),
        ("live", "live", "planned"),
        ("missed", "UNREASONABLE_MISSED", "planned"),
        ("planned", "planned", "planned"),
    ]
    seats = await first.read(lambda c: c.execute(text("SELECT * FROM lesson_classroom")).all())
    assert [tuple(row) for row in seats] == [("ended", "room-2", 1, "planned", None, None)]
    stays = "SELECT school_id, position, joined_ms, left_ms FROM community_member ORDER BY position"
    assert [tuple(row) for row in await first.read(lambda c: c.execute(text(stays)).all())] == [
        ("school-1", 0, 1, None),
        ("school-2", 1, 1, None),
    ]


async def test_the_known_head_is_the_newest_migration_and_matches_the_tables(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from server.store.schema import metadata

    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD
    difference = await store.database.read(lambda c: compare_metadata(MigrationContext.configure(c), metadata))
    assert difference == []
