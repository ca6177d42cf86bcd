"""What is still good enough for a class. A rehearsal whose figures are beyond these is not ok (docs/rehearsal.md)."""

from __future__ import annotations

from msgspec import Struct


class Limits(Struct, frozen=True):
    """The bars. Times in the unit of their names, each for the worst participant unless a percentile is named."""

    join_s_p95: float = 10.0
    first_frame_s_p95: float = 5.0
    relay_ms_p99: float = 400.0
    av_skew_ms: float = 100.0
    audio_gap_ms: float = 1000.0
    frames_lost_pct: float = 0.5
    packets_lost_pct: float = 0.5
    board_ms_p99: float = 2000.0
    duration_error_ms: float = 500.0
    recorded_frames_lost_pct: float = 1.0
    settle_s: float = 3.0
    """A seat that lasts longer than this must show its participant within this time."""
