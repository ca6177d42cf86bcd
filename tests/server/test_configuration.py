"""Defaults < file < environment < flags, and errors in words."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from server.commands.config import as_toml
from server.config import load
from server.exits import CONFIG, explain
from server.options import OPTIONS, ConfigError, default_data_dir
from server.texts import Texts, choose_language, preferred_language


def file_with(folder: Path, text: str) -> Path:
    path = folder / "tongke.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_the_documented_ones() -> None:
    config = load({}, {}).config
    assert (config.http.host, config.http.port, config.https.port, config.media.port) == ("127.0.0.1", 8080, 8443, 8444)
    assert (config.https.enabled, config.demo.enabled, config.demo.lessons) == (True, False, 1)
    assert (config.recording.refuse_below_gib, config.recording.stop_below_gib) == (5.0, 0.5)


def test_each_source_overrules_the_one_before(tmp_path: Path) -> None:
    file = file_with(tmp_path, "[http]\nport = 1\n[https]\nport = 1\n[media]\nport = 1\n")
    environ = {"TONGKE_HTTPS_PORT": "2", "TONGKE_MEDIA_PORT": "2"}
    effective = load({"media.port": "3", "demo.enabled": None}, environ, file)
    config = effective.config
    assert (config.http.port, config.https.port, config.media.port) == (1, 2, 3)
    keys = ("http.port", "https.port", "media.port", "http.host")
    assert [effective.origins[key] for key in keys] == ["file", "environment", "flag", "default"]


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    file = file_with(tmp_path, "[http]\nport = 7\n")
    assert load({}, {"TONGKE_CONFIG": str(file)}).config.http.port == 7


def test_an_empty_variable_is_no_variable() -> None:
    assert load({}, {"TONGKE_HTTP_PORT": ""}).config.http.port == 8080


def test_the_service_managers_directory_is_the_data_directory() -> None:
    assert default_data_dir({"STATE_DIRECTORY": "/var/lib/a:/var/lib/b"}) == Path("/var/lib/a")


def test_lists_come_as_arrays_or_with_commas(tmp_path: Path) -> None:
    file = file_with(tmp_path, '[media]\npublic_addresses = ["10.0.0.1", "fd00::1"]\n')
    assert load({}, {}, file).config.media.public_addresses == ("10.0.0.1", "fd00::1")
    environ = {"TONGKE_PUBLIC_ADDRESS": "10.0.0.1, fd00:0::1"}
    assert load({}, environ).config.media.public_addresses == ("10.0.0.1", "fd00::1")
    flags = {"media.public_addresses": ["10.0.0.2"]}
    assert load(flags, environ).config.media.public_addresses == ("10.0.0.2",)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"http.port": "65536"}, "not_a_port"),
    ({"http.port": "-1"}, "not_a_port"),
    ({"http.port": "http"}, "not_a_port"),
    ({"http.port": 1.5}, "not_a_port"),
    ({"http.port": True}, "not_a_port"),
    ({"http.host": "localhost"}, "not_an_address"),
    ({"media.public_addresses": ["example.org"]}, "not_an_address"),
    ({"media.public_addresses": [1]}, "not_an_address"),
    ({"relay.host": "turn:tongke.example.cn"}, "not_a_host"),
    ({"relay.host": "-tongke"}, "not_a_host"),
    ({"https.enabled": "maybe"}, "not_yes_or_no"),
    ({"web.public_origins": ["https://a.example/path"]}, "not_an_origin"),
    ({"web.public_origins": ["ftp://a.example"]}, "not_an_origin"),
    ({"web.trusted_proxies": ["10.0.0.0/40"]}, "not_a_network"),
    ({"recording.refuse_below_gib": "much"}, "not_a_size"),
    ({"recording.refuse_below_gib": "nan"}, "not_a_size"),
    ({"log.level": "loud"}, "not_a_choice"),
    ({"language": "fr"}, "not_a_language"),
    ({"demo.lessons": "0"}, "not_a_count"),
    ({"data_dir": ""}, "not_a_path"),
    ({"data_dir": 7}, "not_a_path"),
    ({"http.colour": "red"}, "unknown_key"),
]


@pytest.mark.parametrize(("flags", "code"), WRONG)
def test_a_value_that_does_not_fit_is_refused_by_name(flags: dict[str, Any], code: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(flags, {})
    assert (refused.value.code, refused.value.key) == (code, next(iter(flags)))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[http\nport = 1", "not_toml"),
        ("[http]\nporrt = 1", "unknown_key"),
        ("[http]\nport = 'x'", "not_a_port"),
        ("[a.b]\nc = 1", "unknown_key"),
        ("http = 3", "unknown_key"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load({}, {}, file_with(tmp_path, text))
    assert refused.value.code == code


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load({}, {}, tmp_path / "none.toml")
    assert refused.value.code == "no_file"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("code", sorted({code for _, code in WRONG} | {"no_file", "not_toml"}))
@pytest.mark.parametrize("origin", ["file", "environment", "flag"])
def test_every_refusal_has_words_that_name_the_key(capsys, language: str, code: str, origin: str) -> None:
    assert explain(ConfigError(code, "the.key", "the value", origin), Texts(language)) == CONFIG
    said = capsys.readouterr().err
    assert "the.key" in said
    assert said.startswith("tongke: ")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_printed_configuration_is_a_configuration(tmp_path: Path, language: str) -> None:
    before = load({"media.public_addresses": ["10.0.0.1"], "http.port": 5, "data_dir": tmp_path}, {"LANG": "zh_CN"})
    printed = as_toml(before, Texts(language))
    assert tomllib.loads(printed)["http"]["port"] == 5
    again = load({}, {}, file_with(tmp_path, printed))
    assert again.config == before.config
    assert set(again.origins.values()) == {"file"}


def test_no_two_options_share_a_key_or_a_variable() -> None:
    assert len({option.key for option in OPTIONS}) == len({option.variable for option in OPTIONS}) == len(OPTIONS)


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "TONGKE_LANG": "zh"}, "zh-CN"),
        ({"LC_ALL": "", "LANG": "zh_TW"}, "zh-CN"),
    ],
)
def test_the_language_follows_the_locale(environ: dict[str, str], language: str) -> None:
    assert choose_language(environ) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh-CN"),
        ("*", "zh-CN"),
        ("en", "en"),
        ("EN-us", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en;q=0.5,zh;q=0.9", "zh-CN"),
        ("fr,de;q=0.9", "zh-CN"),
        ("fr,en;q=0.2", "en"),
        ("en;q=0,zh;q=0.1", "zh-CN"),
        ("en;q=x", "zh-CN"),
        ("," * 5000 + "en", "zh-CN"),
    ],
)
def test_the_browsers_wish_is_heard_chinese_where_it_has_none(header: str, language: str) -> None:
    assert preferred_language(header) == language


def test_the_store_is_sqlite_unless_a_postgresql_address_is_given() -> None:
    assert load({}, {}).config.store.url == ""
    address = "postgresql://tongke@127.0.0.1/tongke?sslmode=require"
    assert load({}, {"TONGKE_STORE_URL": address}).config.store.url == address
    for wrong in ("mysql://x/y", "postgresql://", "postgresql://a b/c"):
        with pytest.raises(ConfigError) as refused:
            load({}, {"TONGKE_STORE_URL": wrong})
        assert refused.value.code == "not_a_store"


def test_the_printed_configuration_keeps_the_password_of_an_address_to_itself() -> None:
    effective = load({}, {"TONGKE_STORE_URL": "postgresql://tongke:s3cret@db/tongke"})
    printed = as_toml(effective, Texts("en"))
    assert "s3cret" not in printed
    assert 'url = "postgresql://tongke:***@db/tongke"' in printed
