"""Decoding a sample of a media file, in a process of its own because a codec is code that can crash.

    python -m server.recording.decode FILE SECONDS

Prints one JSON object, `Decoded`. Exit code 0 if anything could be decoded and nothing was wrong.
"""

from __future__ import annotations

import sys

import av
import msgspec

from server.recording.verify import Decoded


def decode_sample(path: str, seconds: float) -> Decoded:
    """Decodes each stream of the file at `path` for `seconds` from where it begins.

    That may be long after the file does: somebody joined late, or the camera was switched on in the middle.
    """
    frames = 0
    errors: list[str] = []
    ends_s: dict[int, float] = {}
    try:
        with av.open(path) as container:
            wanted = {stream.index for stream in container.streams}
            for packet in container.demux():
                if packet.pts is not None and packet.time_base:
                    at_s = float(packet.pts * packet.time_base)
                    if at_s > ends_s.setdefault(packet.stream.index, at_s + seconds):
                        wanted.discard(packet.stream.index)
                if not wanted:
                    break
                if packet.stream.index not in wanted:
                    continue
                try:
                    frames += len(packet.decode())
                except av.FFmpegError as error:
                    errors.append(str(error))
    except (av.FFmpegError, ValueError) as error:
        errors.append(str(error))
    return Decoded(seconds=seconds, frames=frames, errors=errors[:20])


def main() -> int:
    """Decodes what the command line names."""
    decoded = decode_sample(sys.argv[1], float(sys.argv[2]))
    sys.stdout.write(msgspec.json.encode(decoded).decode() + "\n")
    return 0 if decoded.frames and not decoded.errors else 1


if __name__ == "__main__":
    raise SystemExit(main())
