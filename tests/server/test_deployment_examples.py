"""What deploy/ shows is true: its configuration loads, its units name real commands, the guide has every option."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from server.cli import build
from server.config import load
from server.exits import CONFIG, DATA, IO_ERROR, NO_INPUT, SOFTWARE, TRY_LATER, UNAVAILABLE, USAGE
from server.options import OPTIONS
from server.texts import Texts

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DEPLOY / "systemd" / name, encoding="utf-8")
    return parser


def test_the_example_configuration_is_the_defaults_spelt_out() -> None:
    spelt, default = load({}, {}, DEPLOY / "tongke.example.toml"), load({}, {})
    assert spelt.config == default.config
    unsaid = {key for key, origin in spelt.origins.items() if origin == "default"}
    assert unsaid == {"data_dir", "language", "web.dist", "demo.enabled", "demo.lessons", "demo.language"}


def test_the_server_unit_starts_a_command_there_is_and_tells_readiness() -> None:
    service = unit("tongke.service")["Service"]
    program, *arguments = service["ExecStart"].split()
    assert program.endswith("/tongke")
    given = build(Texts("en")).parse_args(arguments)
    assert str(given.config) == "/etc/tongke/tongke.toml"
    assert (service["Type"], service["Restart"], service["RestartSec"]) == ("notify", "always", "100ms")
    for hardening in ("NoNewPrivileges", "ProtectSystem", "PrivateTmp", "RestrictNamespaces", "DynamicUser"):
        assert service[hardening] in ("yes", "strict")


@pytest.mark.parametrize("name", ["tongke.service", "tongke-relay.service", "tongke-classroom.service"])
def test_systemd_accepts_the_units(tmp_path: Path, name: str) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here")
    text = (DEPLOY / "systemd" / name).read_text(encoding="utf-8")
    copy = tmp_path / name
    copy.write_text(re.sub(r"/opt/tongke/(\.venv/bin|deploy)/[a-z.-]+", "/bin/true", text), encoding="utf-8")
    checked = subprocess.run([analyze, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False)
    ours = [line for line in checked.stderr.splitlines() if name in line]
    assert ours == []


def test_the_operators_guide_has_every_option_variable_and_exit_code() -> None:
    guide = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    missing = [
        option.key for option in OPTIONS if f"`{option.key}`" not in guide or f"`{option.variable}`" not in guide
    ]
    assert missing == []
    listed = guide.split("### Exit codes")[1].split("###")[0]
    for code in (USAGE, DATA, NO_INPUT, UNAVAILABLE, SOFTWARE, IO_ERROR, TRY_LATER, CONFIG):
        assert re.search(rf"\b{code}\b", listed)
