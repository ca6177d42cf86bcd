"""The composition root: which parts there are, in what order they start, and that they stop in reverse."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack

import structlog

from server import demo
from server.api import site
from server.api.auth import Authenticator
from server.api.context import Services
from server.config import Config
from server.data_dir import LESSONS, claimed, forget_running, write_running
from server.lesson_hub import LessonHub
from server.links import Links, make_links
from server.listeners import Listeners
from server.media.server import MediaConfig, MediaServer
from server.metrics import Metrics
from server.notify import notify
from server.publishing.replay import Replay, Summary
from server.recording.disk import DiskPolicy
from server.store.store import open_store
from server.taps import Taps
from server.texts import Texts
from signaling.ws.endpoint import Endpoint

log = structlog.get_logger(__name__)

GIB = 1024**3


class NoRecordings:
    """No library yet."""

    async def search(self, words: str) -> list[Summary]:
        return []

    async def replay(self, lesson_id: str) -> Replay | None:
        return None

    async def recorded(self, lesson_ids: Iterable[str]) -> set[str]:
        return set()


def utc_ms() -> int:
    """The wall clock, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


async def serve(config: Config, announce: Callable[[Links], None] | None) -> None:
    """Serves until SIGTERM or SIGINT, then tells the clients, finishes logs and recordings, and returns.

    announce: told the links once everything answers; None after a crash, when they have been told before.

    Raises:
        DataDirError, PortTaken, StoreError, CertificateError: the server could not start.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    with claimed(config.data_dir):
        async with AsyncExitStack() as stack:
            await _serve(config, announce, stop, stack)
    log.info("stopped")


def _media_config(config: Config) -> MediaConfig:
    return MediaConfig(host=config.media.host, port=config.media.port, public_addresses=config.media.public_addresses)


def _disk_policy(config: Config) -> DiskPolicy:
    return DiskPolicy(
        refuse_bytes=int(config.recording.refuse_below_gib * GIB), stop_bytes=int(config.recording.stop_below_gib * GIB)
    )


async def _serve(
    config: Config, announce: Callable[[Links], None] | None, stop: asyncio.Event, stack: AsyncExitStack
) -> None:
    listeners = Listeners(config)
    stack.push_async_callback(listeners.close)
    store = await open_store(config.data_dir)
    stack.push_async_callback(store.close)
    await store.credentials.purge(utc_ms())
    texts = Texts(config.demo.language)
    if config.demo.enabled:
        await demo.seed(store, config.demo.lessons, texts, utc_ms())
    await listeners.prepare()
    metrics = Metrics()
    authenticator = Authenticator(store.credentials, utc_ms, time.monotonic, config.web.trusted_proxies)
    services = Services(
        store=store,
        authenticator=authenticator,
        origins=listeners.origins,
        recordings=NoRecordings(),
        metrics=metrics,
        clock=utc_ms,
        ready=lambda: not stop.is_set(),
        lessons_dir=config.data_dir / LESSONS,
        dist=config.web.dist,
        authority=listeners.identity.authority if listeners.identity else None,
        fingerprint=listeners.identity.fingerprint if listeners.identity else "",
        metrics_from=config.web.metrics_from,
    )

    def publish(lesson_id: str) -> None:
        """Nothing is published yet."""

    taps = Taps()
    media = MediaServer(_media_config(config), lambda *event, **figures: hub.media_event(*event, **figures))
    hub = LessonHub(
        store,
        authenticator,
        listeners.origins,
        media,
        taps,
        services.lessons_dir,
        utc_ms,
        publish,
        _disk_policy(config),
    )
    taps.attach(media.plane)
    media.plane.set_tap(taps.deliver)
    await media.start()
    stack.push_async_callback(media.close)
    await listeners.serve(site.build(services, Endpoint(hub).handle))

    def note() -> None:
        write_running(config.data_dir, listeners.running(os.getpid(), media.port))

    note()
    stack.callback(forget_running, config.data_dir)
    if announce is not None:
        running = listeners.running(os.getpid(), media.port)
        authority = str(services.authority or "")
        announce(await make_links(store, running, authority, services.fingerprint, utc_ms()))
    notify("READY=1")
    log.info("serving", http=listeners.running(os.getpid(), media.port).http_port)
    async with asyncio.TaskGroup() as tasks:
        watchers = [tasks.create_task(hub.run())]
        watchers += [tasks.create_task(metrics.watch_lag()), tasks.create_task(listeners.watch(note))]
        if config.demo.enabled:
            watchers.append(tasks.create_task(demo.keep(store, texts, utc_ms)))
        await stop.wait()
        notify("STOPPING=1")
        await hub.drain()
        for watcher in watchers:
            watcher.cancel()
