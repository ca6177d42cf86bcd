"""The newest state of a device takes the place of the one before, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.store.device_rows import Batch, State

if TYPE_CHECKING:
    from server.store.store import Store


async def test_the_newest_state_of_each_device_is_kept_and_no_other_is_touched(store: Store) -> None:
    county_id = await store.people.add_county("county", "Asia/Shanghai", 1)
    school = await store.people.add_school(county_id, "centre", "school", 1)
    room = await store.people.add_classroom(school.id, "room", "simple", 1)
    first, second, third = [(await store.devices.add(room.id, name, "page", None, 1)).id for name in "abc"]
    before = [State(device, 1_000, '"早"', None, "[]") for device in (first, second)]
    await store.devices.write(Batch(states=before))
    after = [State(second, 2_000, "null", 1_500, '["camera.black"]'), State(third, 2_000, "null", None, "[]")]
    await store.devices.write(Batch(states=after))
    kept = {state.device_id: state for state in await store.devices.states()}
    assert kept == {first: before[0], second: after[0], third: after[1]}
