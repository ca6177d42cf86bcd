"""Continuous sound from what was recorded of it. Pure.

A published file's sound runs from its first to its last instant without a hole, because players count samples, not
times: where nothing was recorded (a closed microphone, a gap) Opus silence is put in, and a short loss is left to the
decoder to conceal. The publisher's clock and ours differ by some parts in a million, and an estimate may be corrected:
when the sound is a whole frame early or late against its times, a frame is dropped or one added; sooner, where a frame
is quiet enough not to be missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

RATE_HZ = 48_000
SILENCE = b"\xf8\xff\xfe"
"""20 ms of silence: a CELT fullband frame of one channel (RFC 6716, section 3.1)."""
SILENT = -1
CONCEALED = -2
"""20 ms that the decoder is told were lost, to be bridged by what it knows of the sound before: a packet of the
table-of-contents byte alone (RFC 6716, sections 3.1 and 4.4). After silence a CELT decoder fades in for 160 ms."""
CONCEALABLE = 5
"""Frames in a row that are bridged; a longer hole is silence."""
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
    """What to play from 0 to `end_ms`: the numbers of the sounds, and SILENT or CONCEALED for each 20 ms of a hole.

    sounds: in order of time. Sounds that overlap earlier ones by more than a frame are left out.
    """
    at = before = 0
    usual = 0.0
    for ms, size, samples, number in sounds:
        if ms >= end_ms or at >= end_ms * PER_MS:
            break
        late = ms * PER_MS - at
        quiet = size < usual * QUIET_SHARE
        usual += SMOOTHING * (size - usual) if usual else size
        if samples <= 0 or late <= -TOLERANCE or (quiet and late <= -EARLY_TOLERANCE):
            continue
        if late >= TOLERANCE or (quiet and late >= EARLY_TOLERANCE):
            missing = max(1, (late + SILENCE_SAMPLES // 2) // SILENCE_SAMPLES)
            bridged = missing <= CONCEALABLE and before == SILENCE_SAMPLES
            yield from [CONCEALED if bridged else SILENT] * missing
            at += missing * SILENCE_SAMPLES
        yield number
        at += samples
        before = samples
    yield from [SILENT] * max(0, -(-(end_ms * PER_MS - at) // SILENCE_SAMPLES))
