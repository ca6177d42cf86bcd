"""Making a recording's published files: a program of its own, because it decodes and takes its time.

    python -m server.publishing.publish FOLDER [--media-only]

Each output is written under a temporary name, synced and renamed, then noted in `published.json`; begun again, it goes
on with what is missing. Progress goes to stdout, one number 0..1 a line. Exit code 0: complete, 2: no recording there,
74 (EX_IOERR): the disk refused.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from server.publishing.mp4 import write_mp4
from server.publishing.plan import Output, plan
from server.publishing.published import MEDIA, THUMBS, Made, Published, read_published, write_published
from server.publishing.replay import Media
from server.publishing.samples import Line, Sources, picture_line, sound_line
from server.publishing.webm import write_webm
from server.recording.package import Manifest, read_manifest, sync_folder

MEDIA_SHARE = 0.7
PICTURES_SHARE = 0.15
COMPLETE = 0
NO_RECORDING = 2
DISK_REFUSED = 74

Told = Callable[[float], None]


def fingerprint(manifest: Manifest) -> str:
    """Changes when what a publication is made of does."""
    parts = [output.fingerprint for output in plan(manifest)]
    return hashlib.sha256(msgspec.json.encode([parts, manifest.duration_ms])).hexdigest()[:16]


def publish(folder: Path, told: Told, media_only: bool = False) -> Published | None:
    """Makes everything that is not made yet; None if there is no recording.

    Raises:
        OSError: the disk refuses.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        return None
    of = fingerprint(manifest)
    published = read_published(folder)
    there = all((folder / MEDIA / made.media.file).is_file() for made in published.made)
    if published.of == of and published.complete and there:
        return published
    (folder / MEDIA).mkdir(exist_ok=True)
    (folder / THUMBS).mkdir(exist_ok=True)
    published = _make_media(folder, manifest, published, lambda share: told(share * MEDIA_SHARE))
    if media_only:
        return published
    published = _make_extras(folder, manifest, published, told).but(of=of, complete=True)
    write_published(folder, published)
    told(1.0)
    return published


def _make_media(folder: Path, manifest: Manifest, published: Published, told: Told) -> Published:
    outputs = plan(manifest)
    total = sum(t.bytes for output in outputs for t in output.video + output.audio) or 1
    done_bytes = 0
    before = {made.media.file: made for made in published.made}
    made: list[Made] = []
    for output in outputs:
        old = before.get(output.file)
        if old is not None and old.fingerprint == output.fingerprint and (folder / MEDIA / output.file).is_file():
            made.append(old)
        else:
            media = _make_output(folder, manifest, output, _from(told, done_bytes, total))
            if media is not None:
                made.append(Made(media=media, fingerprint=output.fingerprint))
                published = published.but(made=made, complete=False, of="")
                write_published(folder, published)
        done_bytes += sum(t.bytes for t in output.video + output.audio)
        told(min(1.0, done_bytes / total))
    _sweep(folder, {m.media.file for m in made})
    return published.but(made=made)


def _from(told: Told, base: int, total: int) -> Callable[[int], None]:
    """Turns bytes of one output into the share of all."""
    return lambda copied: told(min(1.0, (base + copied) / total))


def _sweep(folder: Path, keep: set[str]) -> None:
    """Removes what an earlier publication made and this one does not, and what a killed one left."""
    for path in (folder / MEDIA).iterdir():
        if path.name not in keep:
            path.unlink(missing_ok=True)


def _make_output(folder: Path, manifest: Manifest, output: Output, told: Callable[[int], None]) -> Media | None:
    sources = Sources(folder)
    try:
        lines = [line for make in (picture_line, sound_line) if (line := make(output, sources, manifest.origin_ms))]
        lines = [line for line in lines if line.samples]
        if not lines:
            return None
        _write(folder / MEDIA / output.file, lines, sources, told)
        return _described(folder / MEDIA / output.file, output, lines)
    finally:
        sources.close()


def _write(path: Path, lines: list[Line], sources: Sources, told: Callable[[int], None]) -> None:
    copied = 0

    def count(size: int) -> None:
        nonlocal copied
        copied += size
        told(copied)

    temporary = path.with_name(f".{path.name}.new")
    try:
        with temporary.open("wb") as out:
            (write_webm if path.suffix == ".webm" else write_mp4)(out, lines, sources, count)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _described(path: Path, output: Output, lines: list[Line]) -> Media:
    video = next((line.codec for line in lines if line.width), None)
    return Media(
        file=output.file,
        participant=output.participant,
        source=output.source,
        start_ms=output.start_ms,
        duration_ms=output.end_ms - output.start_ms,
        video=video,  # type: ignore[arg-type]
        audio="opus" if any(line.codec == "opus" for line in lines) else None,
        width=max(line.width for line in lines),
        height=max(line.height for line in lines),
        bytes=path.stat().st_size,
    )


def _make_extras(folder: Path, manifest: Manifest, published: Published, told: Told) -> Published:
    from av import FFmpegError

    from server.publishing.pictures import make_pictures
    from server.publishing.waveform import make_waveform

    thumbs, poster, wave = None, None, None
    seen, heard = shown(manifest, published.made)
    try:
        if seen is not None:
            path = folder / MEDIA / seen.file
            thumbs, poster = make_pictures(path, seen.start_ms, manifest.duration_ms, folder / THUMBS)
        told(MEDIA_SHARE + PICTURES_SHARE)
        if heard is not None:
            wave = make_waveform(folder / MEDIA / heard.file, heard.start_ms, manifest.duration_ms, folder / THUMBS)
    except FFmpegError as error:
        print(f"extras: {error}", file=sys.stderr)
    return published.but(thumbs=thumbs, poster=poster, waveform=wave)


def shown(manifest: Manifest, made: list[Made]) -> tuple[Media | None, Media | None]:
    """Whose picture and whose sound stand for the recording: the lead's camera, else its screen, else anybody's."""
    leads = {person.id for person in manifest.people if person.role == "lead"}

    def rank(media: Media) -> tuple[bool, bool, int]:
        return media.participant not in leads, media.source != "camera", media.start_ms

    ranked = sorted((entry.media for entry in made), key=rank)
    seen = next((media for media in ranked if media.video), None)
    return seen, next((media for media in ranked if media.audio), None)


def main() -> int:
    """Publishes the folder named on the command line."""
    os.nice(10)
    os.umask(0o077)
    last = -1.0

    def told(share: float) -> None:
        nonlocal last
        if share - last >= 0.01 or share >= 1.0:
            last = share
            print(f"{share:.3f}", flush=True)

    try:
        published = publish(Path(sys.argv[1]), told, media_only="--media-only" in sys.argv[2:])
    except OSError as error:
        print(error.strerror, file=sys.stderr)
        return DISK_REFUSED
    return COMPLETE if published is not None else NO_RECORDING


if __name__ == "__main__":
    raise SystemExit(main())
