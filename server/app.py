"""The composition root: which parts there are, in what order they start, and that they stop in reverse."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from server import demo
from server.addresses import own_addresses, own_names
from server.announcement import Announcement
from server.api import site
from server.api.auth import Authenticator
from server.api.context import Services
from server.config import Config
from server.data_dir import LESSONS, Running, claimed, forget_running, write_running
from server.devices.alarms import Machine
from server.lesson_hub import LessonHub
from server.lesson_judge import judge_lessons
from server.links import Links, make_links
from server.listeners import Listeners
from server.media.server import MediaConfig, MediaServer
from server.notify import notify
from server.own_process import allow_many_files, collect_seldom
from server.privacy.keeper import RecordingKeeper
from server.publishing.library import Library
from server.recording.disk import GIB, DiskPolicy, measure
from server.room_figures import figures_of
from server.services import make_services
from server.sockets import PortTaken
from server.store.store import Store, open_store
from server.taps import Taps
from server.texts import Texts
from server.turn import RelayAccess
from server.watch import Watch
from signaling.messages import Rung
from signaling.ws.endpoint import Endpoint

log = structlog.get_logger(__name__)

Announce = Callable[[Links], None]


def utc_ms() -> int:
    """The wall clock, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


async def serve(config: Config, announce: Announce | None) -> None:
    """Serves until SIGTERM or SIGINT, then tells the clients, finishes logs and recordings, and returns.

    announce: told the links once everything answers; None after a crash, when they have been told before.

    Raises:
        DataDirError, PortTaken, StoreError, CertificateError: the server could not start.
    """
    stop = asyncio.Event()
    allow_many_files()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with claimed(config.data_dir):
        async with AsyncExitStack() as stack:
            parts = await _start(config, stop, stack)
            await _run(parts, config, announce, stop)
    log.info("stopped")


@dataclass(frozen=True)
class Parts:
    """What runs, from the first started to the last."""

    listeners: Listeners
    store: Store
    library: Library
    media: MediaServer
    hub: LessonHub
    services: Services

    def running(self) -> Running:
        """What other commands on this machine need to know."""
        return self.listeners.running(os.getpid(), self.media.port)


async def _start(config: Config, stop: asyncio.Event, stack: AsyncExitStack) -> Parts:
    """Starts every part; `stack` stops those that did start, in reverse."""
    lessons_dir = config.data_dir / LESSONS
    listeners = Listeners(config)
    stack.push_async_callback(listeners.close)
    store = await open_store(config.data_dir, config.store.url)
    stack.push_async_callback(store.close)
    await store.credentials.purge(utc_ms())
    if config.demo.enabled:
        await demo.seed(store, config.demo.lessons, Texts(config.demo.language), utc_ms())
    await listeners.prepare()
    library = Library(config.data_dir)
    await library.start()
    stack.push_async_callback(library.close)
    taps = Taps()
    media = await _start_media(
        config,
        taps,
        lambda *event, **figures: hub.rooms.media_event(*event, **figures),
        lambda *line: hub.rooms.rung_changed(*line),
    )
    stack.push_async_callback(media.close)
    authenticator = Authenticator(store.credentials, utc_ms, time.monotonic, config.web.trusted_proxies)
    hub = LessonHub(
        store, authenticator, listeners.origins, media, taps, lessons_dir, utc_ms, library.publish,
        _disk_policy(config), RelayAccess(config.relay, config.data_dir),
        refused=lambda entry: services.trail.refused(entry), watched=lambda entry: services.trail.write(entry),
        observers_at_most=config.lesson.observers_at_most,
    )  # fmt: skip
    services = make_services(
        config, listeners, store, library, authenticator, media, hub, ready=lambda: not stop.is_set(), clock=utc_ms
    )
    stack.callback(services.desk.close)
    services.metrics.add_source(
        lambda: figures_of([runner.room.fold for runner in hub.rooms.running.values()], media.plane.stats())
    )
    return Parts(listeners, store, library, media, hub, services)


async def _run(parts: Parts, config: Config, announce: Announce | None, stop: asyncio.Event) -> None:
    """Answers until `stop`, then drains: no new lessons, a goodbye to everybody, rooms finished, then the sockets."""
    try:
        async with asyncio.TaskGroup() as tasks:
            working = [tasks.create_task(job) for job in _jobs(parts, config)]
            await parts.listeners.serve(site.build(parts.services, Endpoint(parts.hub).handle))
            write_running(config.data_dir, parts.running())
            collect_seldom()
            if announce is not None:
                announce(await _links(parts))
            notify("READY=1")
            log.info("serving", **_public(parts.running()))
            await stop.wait()
            notify("STOPPING=1")
            await parts.hub.drain()
            for job in working:
                job.cancel()
    finally:
        forget_running(config.data_dir)


def _jobs(parts: Parts, config: Config) -> Iterator[Coroutine[Any, Any, None]]:
    """What goes on beside requests, until cancelled."""
    yield parts.hub.run()
    yield parts.services.metrics.watch_lag()
    yield parts.services.trail.run()
    yield parts.services.devices.run()
    yield judge_lessons(parts.store, config.data_dir / LESSONS, utc_ms)
    keeper = RecordingKeeper(parts.store, config.data_dir / LESSONS, parts.library, utc_ms)
    yield keeper.run()
    yield Watch(parts.store, parts.services.devices, lambda: _machine(parts, keeper, config), utc_ms).run()
    yield parts.listeners.watch(lambda: write_running(config.data_dir, parts.running()))
    if config.https.enabled and config.https.announce:
        yield _announcement(parts).run()
    if config.demo.enabled:
        yield demo.keep(parts.store, Texts(config.demo.language), utc_ms)


async def _machine(parts: Parts, keeper: RecordingKeeper, config: Config) -> Machine:
    """The server as it is now, for who watches it."""
    open_now = {lesson: runner.room.fold for lesson, runner in parts.hub.rooms.running.items()}
    identity = parts.listeners.identity
    try:
        disk = await asyncio.to_thread(measure, config.data_dir / LESSONS)
    except OSError:
        disk = None
    return Machine(
        recordings={lesson: "" if fold.recording else fold.recording_reason for lesson, fold in open_now.items()},
        disk=disk,
        refuse_bytes=_disk_policy(config).refuse_bytes,
        certificate_ends_ms=round(identity.expires.timestamp() * 1000) if identity else None,
        retention_failed=keeper.failed,
    )


def _announcement(parts: Parts) -> Announcement:
    """On the local network, by the machine's own name there; the certificate is made out to it (`own_names`)."""
    host = next((name for name in own_names() if name.endswith(".local")), "tongke.local")
    return Announcement(host, parts.running().https_port or 0, lambda: parts.listeners.addresses)


async def _start_media(
    config: Config, taps: Taps, on_event: Callable[..., None], on_rung: Callable[[int, Rung], None]
) -> MediaServer:
    """The media port.

    Raises:
        PortTaken: UDP or TCP of it is in use.
    """
    told = config.media.public_addresses
    addresses = tuple(dict.fromkeys((*told, *own_addresses()))) if told else ()
    media = MediaServer(MediaConfig(config.media.host, config.media.port, addresses), on_event, on_rung)
    try:
        await media.start()
    except OSError as error:
        raise PortTaken(config.media.host, config.media.port, error.strerror or str(error)) from error
    taps.attach(media.plane)
    media.plane.set_tap(taps.deliver)
    return media


def _disk_policy(config: Config) -> DiskPolicy:
    stop = int(config.recording.stop_below_gib * GIB)
    refuse = int(config.recording.refuse_below_gib * GIB)
    return DiskPolicy(refuse_bytes=refuse, stop_bytes=stop, resume_bytes=stop + GIB // 10)


async def _links(parts: Parts) -> Links:
    services = parts.services
    authority: Path | str = services.authority or ""
    return await make_links(parts.store, parts.running(), str(authority), services.fingerprint, utc_ms(), "server")


def _public(running: Running) -> dict[str, int | None]:
    return {"http": running.http_port, "https": running.https_port, "media": running.media_port, "pid": running.pid}
