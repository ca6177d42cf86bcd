"""The configuration: one frozen tree, built once from defaults < TOML file < environment < flags, and handed down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from server import options
from server.options import ConfigError, Option

Language = Literal["zh-CN", "en"]


@dataclass(frozen=True)
class Http:
    """Plain http, for this machine only: `host` is a loopback address unless a reverse proxy stands before it."""

    host: str
    port: int


@dataclass(frozen=True)
class Https:
    """https for the classrooms. An empty `host` is every address; port 0 turns it off only when `enabled` is false.

    announce: whether the server says by mDNS on the local network that it is here.
    """

    enabled: bool
    host: str
    port: int
    announce: bool


@dataclass(frozen=True)
class Media:
    """The one media port, UDP and TCP. `public_addresses` are told to clients besides the machine's own."""

    host: str
    port: int
    public_addresses: tuple[str, ...]


@dataclass(frozen=True)
class Relay:
    """The TURN relay, for who can reach nothing else. An empty `host`: there is none.

    host: name or address by which clients reach it. port: TURN over UDP and TCP. tls_port: TURN over TLS, shared with
    the pages. certificate: path of a PEM file with chain and key for `host`; empty: the server's own certificate.
    """

    host: str
    port: int
    tls_port: int
    certificate: str


@dataclass(frozen=True)
class Web:
    """Pages and who may call. `public_origins` are the addresses a reverse proxy gives this server."""

    dist: Path
    public_origins: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    metrics_from: tuple[str, ...]


@dataclass(frozen=True)
class Recording:
    """Free space, in GiB: below `refuse_below_gib` no class starts recording, below `stop_below_gib` it stops."""

    refuse_below_gib: float
    stop_below_gib: float


@dataclass(frozen=True)
class Lesson:
    """`observers_at_most`: how many may watch one lesson at once."""

    observers_at_most: int


@dataclass(frozen=True)
class StoreAddress:
    """Where the county's data is: empty for a SQLite file in the data directory, else a PostgreSQL address."""

    url: str


@dataclass(frozen=True)
class Sso:
    """The county's own sign-in service (OpenID Connect). An empty `issuer`: there is none.

    name: what the sign-in page calls it. secret_file: path of a file with the client's secret; empty for none.
    """

    issuer: str
    client_id: str
    secret_file: str
    name: str


@dataclass(frozen=True)
class Log:
    """How the server speaks to its operator."""

    format: Literal["auto", "json", "console"]
    level: Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True)
class Demo:
    """The demonstration county: `lessons` communities with one lesson each, from now; names are in `language`."""

    enabled: bool
    lessons: int
    language: Language


@dataclass(frozen=True)
class Config:
    """Everything that can be set."""

    data_dir: Path
    language: Language
    http: Http
    https: Https
    media: Media
    relay: Relay
    web: Web
    recording: Recording
    lesson: Lesson
    store: StoreAddress
    sso: Sso
    log: Log
    demo: Demo


@dataclass(frozen=True)
class Effective:
    """A configuration and, for each key, what it is and who set it: default, file, environment or flag."""

    config: Config
    values: Mapping[str, Any]
    origins: Mapping[str, str]


def load(flags: Mapping[str, Any], environ: Mapping[str, str], file: Path | None = None) -> Effective:
    """Reads every source. `flags` maps keys such as `http.port` to values; None is a flag not given.

    Raises:
        ConfigError: a source cannot be read, or has a key or value that does not fit; the error names it.
    """
    if file is None and environ.get("TONGKE_CONFIG"):
        file = Path(environ["TONGKE_CONFIG"])
    sources = (
        ("file", options.from_toml(file) if file else {}),
        ("environment", options.from_environment(environ)),
        ("flag", {key: value for key, value in flags.items() if value is not None}),
    )
    values: dict[str, Any] = {option.key: option.default(environ) for option in options.OPTIONS}
    origins = dict.fromkeys(values, "default")
    for origin, given in sources:
        for key, raw in given.items():
            option = options.BY_KEY.get(key)
            if option is None:
                raise ConfigError("unknown_key", key, "", origin)
            values[key] = _checked(option, raw, origin)
            origins[key] = origin
    return Effective(config=_tree(values), values=values, origins=origins)


def _checked(option: Option, raw: Any, origin: str) -> Any:
    try:
        return option.parse(raw)
    except (ValueError, TypeError) as error:
        raise ConfigError(option.complaint, option.key, str(raw), origin) from error


def _tree(values: Mapping[str, Any]) -> Config:
    def section(name: str) -> dict[str, Any]:
        prefix = name + "."
        return {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}

    return Config(
        data_dir=values["data_dir"],
        language=cast("Language", values["language"]),
        http=Http(**section("http")),
        https=Https(**section("https")),
        media=Media(**section("media")),
        relay=Relay(**section("relay")),
        web=Web(**section("web")),
        recording=Recording(**section("recording")),
        lesson=Lesson(**section("lesson")),
        store=StoreAddress(**section("store")),
        sso=Sso(**section("sso")),
        log=Log(**section("log")),
        demo=Demo(**section("demo")),
    )
