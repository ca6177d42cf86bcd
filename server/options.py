"""Each thing that can be set: its key, its variable in the environment, what fits, and what it is by default."""

from __future__ import annotations

import ipaddress
import os
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.texts import choose_language


class ConfigError(Exception):
    """A source of the configuration is wrong. `code` is stable; `key`, `value` and `origin` say where."""

    def __init__(self, code: str, key: str, value: str, origin: str) -> None:
        super().__init__(f"{code}: {key}={value!r} ({origin})")
        self.code = code
        self.key = key
        self.value = value
        self.origin = origin


@dataclass(frozen=True)
class Option:
    """One setting. `parse` takes a TOML value, a text or a flag; `complaint` is the error's code when it does not."""

    key: str
    variable: str
    parse: Callable[[Any], Any]
    complaint: str
    default: Callable[[Mapping[str, str]], Any]


def from_toml(file: Path) -> dict[str, Any]:
    """The file's values by dotted key.

    Raises:
        ConfigError: `no_file` or `not_toml`.
    """
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("no_file", str(file), error.strerror or "", "file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("not_toml", str(file), str(error), "file") from error
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{inner}": leaf for inner, leaf in value.items()})
        else:
            flat[key] = value
    return flat


def from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Values of the variables that are set and not empty, by key."""
    return {option.key: environ[option.variable] for option in OPTIONS if environ.get(option.variable)}


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """The service manager's state directory, else where this platform keeps programs' data."""
    if environ.get("STATE_DIRECTORY"):
        return Path(environ["STATE_DIRECTORY"].split(":")[0])
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "tongke"
    if sys.platform != "win32" and os.geteuid() == 0:
        return Path("/var/lib/tongke")
    base = environ.get("XDG_DATA_HOME") or environ.get("LOCALAPPDATA")
    return Path(base) / "tongke" if base else Path.home() / ".local" / "share" / "tongke"


def _path(value: Any) -> Path:
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise TypeError
    return Path(value).expanduser().absolute()


def _port(value: Any) -> int:
    return _between(_whole(value), 0, 65_535)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError
    return int(value)


def _between(value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise ValueError
    return value


def _up_to_forty(value: Any) -> int:
    return _between(_whole(value), 1, 40)


def _gib(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    amount = float(value)
    if not 0 <= amount < 1e6:
        raise ValueError
    return amount


def _yes_or_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if str(value).lower() not in known:
        raise ValueError
    return known[str(value).lower()]


def _one_of(*choices: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if value not in choices:
            raise ValueError
        return str(value)

    return parse


def _language(value: Any) -> str:
    text = str(value).lower()
    if not text.startswith(("zh", "en")):
        raise ValueError
    return "zh-CN" if text.startswith("zh") else "en"


def _list_of(parse: Callable[[str], str]) -> Callable[[Any], tuple[str, ...]]:
    def parse_all(value: Any) -> tuple[str, ...]:
        if isinstance(value, str):
            value = [part for part in re.split(r"[,\s]+", value) if part]
        if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
            raise TypeError
        return tuple(parse(part) for part in value)

    return parse_all


def _host(value: Any) -> str:
    return "" if value == "" else _address(value)


def _address(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return str(ipaddress.ip_address(value))


def _reached_at(value: Any) -> str:
    """A host name or an address; empty: none."""
    if value == "":
        return ""
    name = str(value).lower()
    labels = name.split(".")
    if len(name) < 254 and all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label) for label in labels):
        return name
    return _address(value)


def _file(value: Any) -> str:
    """An absolute path, or empty for none."""
    return "" if value == "" else str(_path(value))


def _network(value: str) -> str:
    return str(ipaddress.ip_network(value, strict=False))


def _origin(value: str) -> str:
    """`scheme://host` or `scheme://host:port`, lower case, without a path."""
    if not re.fullmatch(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?", value):
        raise ValueError
    return value


def _store_url(value: Any) -> str:
    """Empty, or `postgresql://user@host/database` with whatever libpq takes behind it."""
    if not isinstance(value, str):
        raise TypeError
    if value and not re.fullmatch(r"postgresql://[^\s]+", value):
        raise ValueError
    return value


def _issuer(value: Any) -> str:
    """Empty, or the address of a sign-in service: https, or http on this machine (OpenID Connect Discovery, 2)."""
    known = r"https://[^\s?#]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?(/[^\s?#]*)?"
    if not isinstance(value, str) or (value and not re.fullmatch(known, value)):
        raise ValueError
    return value


def _fixed(value: Any) -> Callable[[Mapping[str, str]], Any]:
    return lambda _environ: value


def _default_dist(_environ: Mapping[str, str]) -> Path:
    """Beside the package in a checkout, inside it in an installed wheel."""
    installed = Path(__file__).with_name("web")
    return installed if installed.is_dir() else Path(__file__).parents[1] / "web" / "dist"


OPTIONS: tuple[Option, ...] = (
    Option("data_dir", "TONGKE_DATA", _path, "not_a_path", default_data_dir),
    Option("language", "TONGKE_LANG", _language, "not_a_language", choose_language),
    Option("http.host", "TONGKE_HTTP_HOST", _address, "not_an_address", _fixed("127.0.0.1")),
    Option("http.port", "TONGKE_HTTP_PORT", _port, "not_a_port", _fixed(8080)),
    Option("https.enabled", "TONGKE_HTTPS", _yes_or_no, "not_yes_or_no", _fixed(True)),
    Option("https.host", "TONGKE_HTTPS_HOST", _host, "not_an_address", _fixed("")),
    Option("https.port", "TONGKE_HTTPS_PORT", _port, "not_a_port", _fixed(8443)),
    Option("https.announce", "TONGKE_ANNOUNCE", _yes_or_no, "not_yes_or_no", _fixed(True)),
    Option("media.host", "TONGKE_MEDIA_HOST", _host, "not_an_address", _fixed("")),
    Option("media.port", "TONGKE_MEDIA_PORT", _port, "not_a_port", _fixed(8444)),
    Option("media.public_addresses", "TONGKE_PUBLIC_ADDRESS", _list_of(_address), "not_an_address", _fixed(())),
    Option("relay.host", "TONGKE_RELAY_HOST", _reached_at, "not_a_host", _fixed("")),
    Option("relay.port", "TONGKE_RELAY_PORT", _port, "not_a_port", _fixed(3478)),
    Option("relay.tls_port", "TONGKE_RELAY_TLS_PORT", _port, "not_a_port", _fixed(443)),
    Option("relay.certificate", "TONGKE_RELAY_CERTIFICATE", _file, "not_a_path", _fixed("")),
    Option("web.dist", "TONGKE_WEB", _path, "not_a_path", _default_dist),
    Option("web.public_origins", "TONGKE_PUBLIC_ORIGINS", _list_of(_origin), "not_an_origin", _fixed(())),
    Option("web.trusted_proxies", "TONGKE_TRUSTED_PROXIES", _list_of(_network), "not_a_network", _fixed(())),
    Option("web.metrics_from", "TONGKE_METRICS_FROM", _list_of(_network), "not_a_network", _fixed(())),
    Option("recording.refuse_below_gib", "TONGKE_REFUSE_BELOW_GIB", _gib, "not_a_size", _fixed(5.0)),
    Option("recording.stop_below_gib", "TONGKE_STOP_BELOW_GIB", _gib, "not_a_size", _fixed(0.5)),
    Option("lesson.observers_at_most", "TONGKE_OBSERVERS_AT_MOST", _up_to_forty, "not_a_count", _fixed(4)),
    Option("store.url", "TONGKE_STORE_URL", _store_url, "not_a_store", _fixed("")),
    Option("sso.issuer", "TONGKE_SSO_ISSUER", _issuer, "not_an_issuer", _fixed("")),
    Option("sso.client_id", "TONGKE_SSO_CLIENT_ID", str, "not_a_choice", _fixed("tongke")),
    Option("sso.secret_file", "TONGKE_SSO_SECRET_FILE", _file, "not_a_path", _fixed("")),
    Option("sso.name", "TONGKE_SSO_NAME", str, "not_a_choice", _fixed("SSO")),
    Option("log.format", "TONGKE_LOG_FORMAT", _one_of("auto", "json", "console"), "not_a_choice", _fixed("auto")),
    Option(
        "log.level", "TONGKE_LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "not_a_choice", _fixed("info")
    ),
    Option("demo.enabled", "TONGKE_DEMO", _yes_or_no, "not_yes_or_no", _fixed(False)),
    Option("demo.lessons", "TONGKE_DEMO_LESSONS", _up_to_forty, "not_a_count", _fixed(1)),
    Option("demo.language", "TONGKE_DEMO_LANG", _language, "not_a_language", _fixed("zh-CN")),
)
BY_KEY: Mapping[str, Option] = {option.key: option for option in OPTIONS}
