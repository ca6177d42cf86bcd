"""Continuous sound from what was recorded of it. Pure.

A published file's sound runs from its first to its last instant without a hole, because players count samples, not
times: where nothing was recorded (a closed microphone, a gap, a loss) Opus silence is put in. The publisher's clock and
ours differ by some parts in a million, and an estimate may be corrected: when the sound is a whole frame early or late
against its times, a frame is dropped or a silent one added; sooner, where a frame is quiet enough not to be missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

RATE_HZ = 48_000
SILENCE = b"\xf8\xff\xfe"
"""20 ms of silence: a CELT fullband frame of one channel (RFC 6716, section 3.1)."""
SILENCE_SAMPLES = 960
PER_MS = RATE_HZ // 1000
TOLERANCE = SILENCE_SAMPLES
EARLY_TOLERANCE = SILENCE_SAMPLES // 2
QUIET_SHARE = 0.5
"""A frame smaller than this share of the usual is taken for a quiet one."""
SMOOTHING = 0.02

Sound = tuple[int, int, int, int]
"""ms from the file's start, size in bytes, duration in samples, and the caller's own number for it."""


def packet_samples(packet: bytes) -> int:
    """How many samples at 48 kHz an Opus packet lasts, 0 if it is none (RFC 6716, sections 3.1 and 3.2)."""
    if not packet:
        return 0
    config = packet[0] >> 3
    if config < 12:
        frame = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:
        frame = (480, 960)[config & 1]
    else:
        frame = (120, 240, 480, 960)[config & 3]
    code = packet[0] & 3
    if code == 3:
        return frame * (packet[1] & 63) if len(packet) > 1 else 0
    return frame * (1, 2, 2)[code]


def continuous(sounds: Iterable[Sound], end_ms: int) -> Iterator[int]:
    """What to play from 0 to `end_ms`: the numbers of the sounds, and -1 for each 20 ms of silence.

    sounds: in order of time. Sounds that overlap earlier ones by more than a frame are left out.
    """
    at = 0
    usual = 0.0
    for ms, size, samples, number in sounds:
        late = ms * PER_MS - at
        quiet = size < usual * QUIET_SHARE
        usual += SMOOTHING * (size - usual) if usual else size
        if samples <= 0 or late <= -TOLERANCE or (quiet and late <= -EARLY_TOLERANCE):
            continue
        if late >= TOLERANCE or (quiet and late >= EARLY_TOLERANCE):
            silent = max(1, (late + SILENCE_SAMPLES // 2) // SILENCE_SAMPLES)
            yield from [-1] * silent
            at += silent * SILENCE_SAMPLES
        if at >= end_ms * PER_MS:
            return
        yield number
        at += samples
    yield from [-1] * max(0, -(-(end_ms * PER_MS - at) // SILENCE_SAMPLES))
