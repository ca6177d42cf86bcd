"""How much the camera may send, by what comes back."""

from __future__ import annotations

from classroom_client.send_rate import MAX_BPS, MIN_BPS, START_BPS, SendRate


def test_the_servers_estimate_is_obeyed_within_bounds() -> None:
    rate = SendRate()
    assert rate.bps == START_BPS
    for told, bps in ((500_000, 500_000), (1, MIN_BPS), (10**9, MAX_BPS)):
        rate.estimated(told)
        assert rate.bps == bps


def test_much_loss_lowers_the_rate_little_raises_it_again_and_some_changes_nothing() -> None:
    rate = SendRate()
    rate.reported(0.2)
    assert rate.bps == 0.9 * START_BPS
    rate.reported(0.05)
    assert rate.bps == 0.9 * START_BPS
    for _ in range(3):
        rate.reported(0.0)
    assert rate.bps == START_BPS


def test_a_line_that_loses_everything_is_left_the_least() -> None:
    rate = SendRate()
    for _ in range(50):
        rate.reported(1.0)
    assert rate.bps == MIN_BPS
