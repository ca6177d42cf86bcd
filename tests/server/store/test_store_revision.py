"""What is remembered of the store is forgotten by a write, not by devices' reports or the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from server.store.device_rows import Batch

if TYPE_CHECKING:
    from server.store.store import Store


async def test_every_write_but_those_made_aside_makes_another_revision(store: Store) -> None:
    first = store.database.revision
    await store.database.read(lambda c: c.execute(text("SELECT 1")))
    await store.devices.write(Batch())
    assert store.database.revision is first
    await store.people.add_county("county", "Asia/Shanghai", 1)
    second = store.database.revision
    assert second is not first

    def fails(_connection: object) -> None:
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        await store.database.write(fails)
    assert store.database.revision is not second, "how far a write that failed came is not asked"
