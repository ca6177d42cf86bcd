"""What requests are answered with, put together from the parts that run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from server.accounts.desk import Desk
from server.accounts.oidc import OidcProvider
from server.accounts.passwords import Hasher
from server.api.auth import Authenticator
from server.api.context import Services
from server.audit.trail import Trail
from server.config import Config
from server.data_dir import LESSONS
from server.devices.build_id import BuildId
from server.devices.desk import DeviceDesk
from server.devices.media_trial import MediaTrials
from server.lesson_hub import LessonHub
from server.links import Bases
from server.listeners import Listeners
from server.media.server import MediaServer
from server.metrics import Metrics
from server.publishing.library import Library
from server.store.store import Store
from server.turn import RelayAccess


def make_services(
    config: Config,
    listeners: Listeners,
    store: Store,
    library: Library,
    authenticator: Authenticator,
    media: MediaServer,
    hub: LessonHub,
    ready: Callable[[], bool],
    clock: Callable[[], int],
) -> Services:
    """ready: whether new visitors are to come here. clock: UTC in milliseconds."""
    identity = listeners.identity
    return Services(
        store=store,
        authenticator=authenticator,
        origins=listeners.origins,
        recordings=library,
        metrics=Metrics(),
        clock=clock,
        ready=ready,
        lessons_dir=config.data_dir / LESSONS,
        dist=config.web.dist,
        authority=identity.authority if identity else None,
        fingerprint=identity.fingerprint if identity else "",
        metrics_from=config.web.metrics_from,
        sso=_sso(config, clock),
        sso_name=config.sso.name,
        desk=Desk(store.accounts, Hasher(), time.monotonic),
        trail=Trail(store.audit.append, clock),
        devices=DeviceDesk(store, BuildId(config.web.dist), clock),
        media_trials=MediaTrials(media, RelayAccess(config.relay, config.data_dir)),
        tell_screen=hub.tell,
        covers_changed=hub.rooms.covers_changed,
        watching=hub.watching,
        rung_in=hub.rung_in,
        page_ahead=hub.page_ahead,
        picture_kept=hub.picture_kept,
        lan=lambda: Bases(listeners.running(os.getpid(), None)).lan,
    )


def _sso(config: Config, clock: Callable[[], int]) -> OidcProvider | None:
    """The county's sign-in service, if one is configured."""
    sso = config.sso
    if not sso.issuer:
        return None
    secret = Path(sso.secret_file).read_text().strip() if sso.secret_file else ""
    return OidcProvider(sso.issuer, sso.client_id, secret, clock)
