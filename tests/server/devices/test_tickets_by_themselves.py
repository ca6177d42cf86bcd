"""A fault that lasts opens a ticket; one that stays away closes it."""

from __future__ import annotations

from server.devices.tickets import LASTS_MS, Lasting, Turn, follow

NOTHING = Turn()


def test_a_fault_opens_a_ticket_once_it_has_lasted_and_dates_it_from_its_beginning() -> None:
    lasting = Lasting()
    assert follow(lasting, ["camera.missing"], [], 1_000, sure=lambda _: False) == NOTHING
    assert follow(lasting, ["camera.missing"], [], 1_000 + LASTS_MS - 1, sure=lambda _: False) == NOTHING
    turn = follow(lasting, ["camera.missing"], [], 1_000 + LASTS_MS, sure=lambda _: False)
    assert turn == Turn(opened=(("camera.missing", 1_000),))


def test_a_plug_that_is_only_moved_opens_nothing() -> None:
    lasting = Lasting()
    follow(lasting, ["camera.missing"], [], 0, sure=lambda _: False)
    follow(lasting, [], [], 20_000, sure=lambda _: False)
    assert follow(lasting, ["camera.missing"], [], LASTS_MS + 5_000, sure=lambda _: False) == NOTHING


def test_a_ticket_closes_once_the_fault_has_stayed_away() -> None:
    lasting, open_now = Lasting(), ["camera.missing"]
    assert follow(lasting, [], open_now, 0, sure=lambda _: False) == NOTHING
    assert follow(lasting, ["camera.missing"], open_now, 30_000, sure=lambda _: False) == NOTHING
    assert follow(lasting, [], open_now, 40_000, sure=lambda _: False) == NOTHING
    assert follow(lasting, [], open_now, 40_000 + LASTS_MS, sure=lambda _: False) == Turn(closed=("camera.missing",))


def test_a_self_test_opens_and_closes_at_once() -> None:
    lasting = Lasting()
    turn = follow(lasting, ["speaker.unheard"], ["camera.black"], 5, sure=lambda _: True)
    assert turn == Turn(opened=(("speaker.unheard", 5),), closed=("camera.black",))
