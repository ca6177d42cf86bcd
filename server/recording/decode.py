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
    """Decodes every stream of the file at `path` from its beginning for `seconds`."""
    frames = 0
    errors: list[str] = []
    try:
        with av.open(path) as container:
            for packet in container.demux():
                if packet.pts is not None and packet.time_base and float(packet.pts * packet.time_base) > seconds:
                    break
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
