"""The rehearsal's result as people read it: a table, then what was wrong."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from classroom_client.rehearsal.line_verdict import LineVerdict
from classroom_client.rehearsal.report import Report
from classroom_client.texts import Texts


def show(report: Report, texts: Texts, console: Console) -> None:
    """Prints the report's figures and failures."""
    table = Table(title=texts("rehearse.title", lessons=report.lessons, participants=report.participants))
    table.add_column(texts("rehearse.column.what"))
    table.add_column(texts("rehearse.column.value"), justify="right")
    for key, value in _rows(report, texts):
        table.add_row(texts(f"rehearse.row.{key}"), value)
    console.print(table)
    if isinstance(report.line, LineVerdict):
        console.print(_line(report.line, texts))
    for sentence in report.failures:
        console.print(f"  • {sentence}", markup=False, highlight=False)
    console.print(texts("rehearse.ok" if report.ok else "rehearse.not_ok"))


def _line(verdict: LineVerdict, texts: Texts) -> Table:
    """The weak room's figures beside what they should be."""
    table = Table(title=texts("rehearse.line_title", line=verdict.line))
    for column in ("what", "value", "should", "kept"):
        table.add_column(texts(f"rehearse.column.{column}"), justify="left" if column == "what" else "right")
    for bar in verdict.bars:
        value = texts("rehearse.nothing") if bar.value is None else f"{bar.value:g}"
        should = f"{texts('rehearse.at_most' if bar.relation == '<=' else 'rehearse.at_least')} {bar.limit:g}"
        kept = texts("rehearse.yes" if bar.ok else "rehearse.no")
        table.add_row(texts(f"rehearse.bar.{bar.measure}"), value, should, kept)
    return table


def _rows(report: Report, texts: Texts) -> list[tuple[str, str]]:
    def number(value: float | None, unit: str) -> str:
        return texts("rehearse.nothing") if value is None else f"{value:g} {unit}"

    def pair(low: float | None, high: float | None, unit: str) -> str:
        return f"{number(low, unit)} / {number(high, unit)}"

    def truth(value: bool) -> str:
        return texts("rehearse.yes" if value else "rehearse.no")

    return [
        ("join_s", pair(report.join_s.p50, report.join_s.p95, "s")),
        ("first_frame_s", pair(report.first_frame_s.p50, report.first_frame_s.p95, "s")),
        ("relay_ms", pair(report.relay_ms.p50, report.relay_ms.p99, "ms")),
        ("av_skew_ms_max", number(report.av_skew_ms_max, "ms")),
        ("audio_gap_ms_max", number(report.audio_gap_ms_max, "ms")),
        ("video_frames_lost_pct", number(report.video_frames_lost_pct, "%")),
        ("board_ms", pair(report.board_ms.p50, report.board_ms.p99, "ms")),
        ("board_identical", truth(report.board_identical)),
        ("recording_tracks", str(report.recording.tracks)),
        ("recording_duration_error_ms", number(report.recording.duration_error_ms, "ms")),
        ("recording_playable", truth(report.recording.playable)),
        ("server_cpu_pct", number(report.server_cpu_pct, "%")),
        ("server_rss_mb", number(report.server_rss_mb, "MB")),
    ]
