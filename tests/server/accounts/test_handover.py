"""A sign-in handed from a phone to a screen."""

from __future__ import annotations

import pytest

from server.accounts.handover import CODE_ALPHABET, LIVES_MS, OPEN_PER_NETWORK, Handovers, TooMany

NOW = 1_800_000_000_000


def test_only_the_browser_that_asked_collects_and_only_once() -> None:
    handovers = Handovers()
    request, secret = handovers.begin("10.1.2.0/24", "Chrome", NOW)
    approved = handovers.approve(request.id, "staff-1", NOW + 1)
    assert handovers.collect(request.id, "another secret", NOW + 2) is None
    assert handovers.collect(request.id, secret, NOW + 3) == approved
    assert handovers.collect(request.id, secret, NOW + 4) is None


def test_before_approval_the_screen_is_told_to_wait_and_nothing_is_used_up() -> None:
    handovers = Handovers()
    request, secret = handovers.begin("10.1.2.0/24", "Chrome", NOW)
    assert [handovers.collect(request.id, secret, NOW + 1) for _ in range(2)] == [request, request]
    assert request.approved_by is None


def test_a_request_lives_two_minutes_and_not_a_millisecond_longer() -> None:
    handovers = Handovers()
    request, secret = handovers.begin("10.1.2.0/24", "Chrome", NOW)
    assert handovers.look(request.id, NOW + LIVES_MS - 1) == request
    assert handovers.approve(request.id, "staff-1", NOW + LIVES_MS) is None
    assert handovers.collect(request.id, secret, NOW + LIVES_MS) is None


def test_nobody_approves_twice_or_after_another() -> None:
    handovers = Handovers()
    request, secret = handovers.begin("10.1.2.0/24", "Chrome", NOW)
    handovers.approve(request.id, "staff-1", NOW)
    assert handovers.approve(request.id, "staff-2", NOW) is None
    assert handovers.look(request.id, NOW) is None
    collected = handovers.collect(request.id, secret, NOW)
    assert collected is not None
    assert collected.approved_by == "staff-1"


def test_a_guessed_id_finds_nothing() -> None:
    assert Handovers().look("guessed", NOW) is None
    assert Handovers().approve("guessed", "staff-1", NOW) is None
    assert Handovers().collect("guessed", "guessed", NOW) is None


def test_one_network_cannot_use_up_the_requests_of_others() -> None:
    handovers = Handovers()
    for _ in range(OPEN_PER_NETWORK):
        handovers.begin("10.1.2.0/24", "Chrome", NOW)
    with pytest.raises(TooMany):
        handovers.begin("10.1.2.0/24", "Chrome", NOW)
    handovers.begin("10.9.9.0/24", "Chrome", NOW)
    handovers.begin("10.1.2.0/24", "Chrome", NOW + LIVES_MS)


def test_codes_have_no_characters_that_are_mistaken_for_others() -> None:
    handovers = Handovers()
    codes = {handovers.begin(f"net{number}", "Chrome", NOW)[0].code for number in range(300)}
    assert {len(code) for code in codes} == {4}
    assert set("".join(codes)) <= set(CODE_ALPHABET)
    assert not set(CODE_ALPHABET) & set("0O1I")
