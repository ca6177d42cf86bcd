"""Who guesses waits; who does not, does not."""

from __future__ import annotations

from server.accounts.lockout import FORGOTTEN_AFTER_S, FREE, LONGEST_WAIT_S, NETWORK_FREE, PLACES, Lockout


def guess(lockout: Lockout, account: str, place: str, times: int, now_s: float = 0.0) -> None:
    for _ in range(times):
        lockout.failed(account, place, now_s)


def test_the_first_tries_are_free_then_each_wait_is_twice_the_last() -> None:
    lockout, waits, now_s = Lockout(), [], 0.0
    for _ in range(12):
        lockout.failed("wang", "203.0.113.5", now_s)
        waits.append(lockout.wait_s("wang", "203.0.113.5", now_s))
        now_s += waits[-1]
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, LONGEST_WAIT_S, LONGEST_WAIT_S, LONGEST_WAIT_S]


def test_a_thousand_guesses_from_one_address_do_not_lock_the_owner_elsewhere() -> None:
    lockout = Lockout()
    guess(lockout, "wang", "203.0.113.5", 1000)
    assert lockout.wait_s("wang", "203.0.113.5", 0.0) == LONGEST_WAIT_S
    assert lockout.wait_s("wang", "198.51.100.7", 0.0) == 0


def test_the_owners_usual_browser_gets_in_behind_the_attackers_own_address() -> None:
    lockout = Lockout()
    guess(lockout, "wang", "203.0.113.5", 1000)
    assert lockout.wait_s("wang", "browser:known-token-id", 0.0) == 0


def test_guesses_from_many_addresses_together_lock_none_of_them() -> None:
    lockout = Lockout()
    for number in range(1000):
        guess(lockout, "wang", f"198.51.{number // 256}.{number % 256}", FREE - 1)
    assert lockout.wait_s("wang", "203.0.113.9", 0.0) == 0


def test_one_address_that_tries_one_password_on_many_accounts_waits() -> None:
    lockout = Lockout()
    for number in range(NETWORK_FREE):
        lockout.failed(f"teacher{number}", "203.0.113.5", 0.0)
    assert lockout.wait_s("another", "203.0.113.5", 0.0) > 0
    assert lockout.wait_s("another", "198.51.100.7", 0.0) == 0


def test_the_right_password_clears_the_account_and_time_clears_the_rest() -> None:
    lockout = Lockout()
    guess(lockout, "wang", "203.0.113.5", FREE)
    lockout.succeeded("wang", "203.0.113.5")
    assert lockout.wait_s("wang", "203.0.113.5", 0.0) == 0
    guess(lockout, "li", "203.0.113.5", 50)
    assert lockout.wait_s("li", "203.0.113.5", FORGOTTEN_AFTER_S) == 0


def test_memory_is_bounded_and_the_newest_are_kept() -> None:
    lockout = Lockout()
    guess(lockout, "old", "192.0.2.1", FREE)
    for number in range(PLACES):
        lockout.failed(f"account{number}", f"place{number}", 1.0)
    assert lockout.wait_s("old", "192.0.2.1", 1.0) == 0
    guess(lockout, "new", "192.0.2.2", FREE, 1.0)
    assert lockout.wait_s("new", "192.0.2.2", 1.0) == 30
