"""The command line `tongke`: what can be said. What is done is imported only when it is asked for.

Built on argparse: Typer 0.29 imports pydantic and rich to parse a flag, half a second of a start that may take three.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from server.command_parser import Parser, Version
from server.exits import OK
from server.permissions import ROLES
from server.texts import Texts, choose_language

Command = Callable[[argparse.Namespace, Texts], int]
STAFF_ROLES = tuple(role for role in ROLES if role != "classroom")


def run(arguments: Sequence[str]) -> int:
    """Runs one command; returns its exit code."""
    texts = Texts(choose_language(os.environ))
    if arguments[:1] == ["rehearse"]:  # its arguments are the child's, `--help` too
        from server.commands import rehearse

        return rehearse.run(list(arguments[1:]))
    parser = build(texts)
    try:
        given = parser.parse_args(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else OK
    command: Command = given.command
    return command(given, texts)


def build(texts: Texts) -> Parser:
    """All commands, with their help in one language."""
    parser = Parser(prog="tongke", description=texts("cli.help"), texts=texts)
    parser.add_argument("--version", action=Version, nargs=0, help=texts("cli.version"))
    parser.set_defaults(command=_helper(parser))
    commands = parser.add_subparsers(title=texts("cli.commands"), metavar="COMMAND", parser_class=Parser)
    _serve(_command(commands, texts, "serve", _run_serve), texts)
    _json(_data(_command(commands, texts, "links", _run_links), texts), texts)
    _command(commands, texts, "rehearse", _run_rehearse)
    doctor = _json(_data(_command(commands, texts, "doctor", _run_doctor), texts), texts)
    doctor.add_argument("--dev", action="store_true", help=texts("cli.doctor.dev"))
    _data(_command(commands, texts, "relay", _run_relay), texts)
    _recordings(_command(commands, texts, "recordings", None), texts)
    _accounts(_command(commands, texts, "accounts", None), texts)
    _audit(_command(commands, texts, "audit", None), texts)
    _exchange(commands, texts)
    config = _command(commands, texts, "config", None).add_subparsers(
        title=texts("cli.commands"), metavar="COMMAND", required=True, parser_class=Parser
    )
    _json(_data(_command(config, texts, "print", _run_config, "config.print"), texts), texts)
    return parser


def _command(commands: Any, texts: Texts, name: str, command: Command | None, key: str = "") -> Parser:
    words = texts(f"cli.{key}" if key else f"cli.{name}.help")
    parser: Parser = commands.add_parser(name, help=words, description=words, texts=texts)
    parser.set_defaults(command=command or _helper(parser))
    return parser


def _helper(parser: Parser) -> Command:
    """What to do when a command is named without its verb."""

    def show(_given: argparse.Namespace, _texts: Texts) -> int:
        parser.print_help()
        return OK

    return show


def _data(parser: Parser, texts: Texts) -> Parser:
    parser.add_argument("--config", type=Path, metavar="FILE", help=texts("cli.serve.config"))
    parser.add_argument("--data", type=Path, metavar="DIR", help=texts("cli.serve.data"))
    return parser


def _json(parser: Parser, texts: Texts) -> Parser:
    parser.add_argument("--json", action="store_true", help=texts("cli.json"))
    return parser


def _serve(parser: Parser, texts: Texts) -> None:
    def words(name: str) -> str:
        return texts(f"cli.serve.{name}")

    _data(parser, texts)
    parser.add_argument("--port", metavar="N", help=words("port"))
    parser.add_argument("--https-port", metavar="N", help=words("https_port"))
    parser.add_argument("--media-port", metavar="N", help=words("media_port"))
    parser.add_argument("--public-address", action="append", metavar="A", help=words("public_address"))
    parser.add_argument("--demo", action="store_true", default=None, help=words("demo"))
    parser.add_argument("--demo-lessons", metavar="N", help=words("demo_lessons"))
    parser.add_argument("--supervise", action="store_true", help=words("supervise"))


def _recordings(parser: Parser, texts: Texts) -> None:
    verbs = parser.add_subparsers(title=texts("cli.commands"), metavar="COMMAND", required=True, parser_class=Parser)
    for name in ("list", "verify", "repair", "export"):
        verb = _json(_data(_command(verbs, texts, name, _run_recordings, f"recordings.{name}"), texts), texts)
        verb.set_defaults(verb=name)
        if name in ("verify", "repair"):
            verb.add_argument("ids", nargs="*", metavar="ID", help=texts("cli.recordings.ids"))
        if name == "export":
            verb.add_argument("ids", nargs=1, metavar="ID", help=texts("cli.recordings.id"))
            verb.add_argument("to", type=Path, metavar="TO", help=texts("cli.recordings.to"))


def _lean() -> None:
    """Imports structlog without `rich`, which it takes for tracebacks our logs never draw: a sixth of the start."""
    missing: dict[str, Any] = {"rich": None}
    sys.modules.update(missing)
    try:
        import structlog  # noqa: F401
    finally:
        del sys.modules["rich"]


def _accounts(parser: Parser, texts: Texts) -> None:
    verbs = parser.add_subparsers(title=texts("cli.commands"), metavar="COMMAND", required=True, parser_class=Parser)
    for name in ("add", "reset", "list"):
        verb = _json(_data(_command(verbs, texts, name, _run_accounts, f"accounts.{name}"), texts), texts)
        verb.set_defaults(verb=name)
        if name != "list":
            verb.add_argument("name", metavar="NAME", help=texts("cli.accounts.name"))
        if name == "reset":
            verb.add_argument("--forget-code", action="store_true", help=texts("cli.accounts.forget_code"))
        if name == "add":
            verb.add_argument("--person", metavar="NAME", help=texts("cli.accounts.person"))
            verb.add_argument("--role", choices=STAFF_ROLES, default="county_admin", help=texts("cli.accounts.role"))
            verb.add_argument("--county", metavar="NAME", help=texts("cli.accounts.county"))
            verb.add_argument("--zone", metavar="ZONE", default="Asia/Shanghai", help=texts("cli.accounts.zone"))
            verb.add_argument("--school", metavar="ID", help=texts("cli.accounts.school"))
            verb.add_argument("--staff", metavar="ID", help=texts("cli.accounts.staff"))


def _audit(parser: Parser, texts: Texts) -> None:
    verbs = parser.add_subparsers(title=texts("cli.commands"), metavar="COMMAND", required=True, parser_class=Parser)
    verify = _json(_data(_command(verbs, texts, "verify", _run_audit, "audit.verify"), texts), texts)
    verify.add_argument("--since", metavar="HEAD", help=texts("cli.audit.since"))


def _exchange(commands: Any, texts: Texts) -> None:
    bringing = _json(_data(_command(commands, texts, "import", _run_import), texts), texts)
    bringing.add_argument("file", type=Path, metavar="FILE", help=texts("cli.import.file"))
    bringing.add_argument("--dry-run", action="store_true", help=texts("cli.import.dry_run"))
    bringing.add_argument("--whole", action="store_true", help=texts("cli.import.whole"))
    taking = _data(_command(commands, texts, "export", _run_export), texts)
    taking.add_argument("to", type=Path, metavar="TO", help=texts("cli.export.to"))
    for parser in (bringing, taking):
        parser.add_argument("--county", metavar="NAME", help=texts("cli.import.county"))


def _run_serve(given: argparse.Namespace, texts: Texts) -> int:
    gc.disable()  # until the server stands: nothing that is imported now is garbage, and looking for it takes a tenth
    _lean()
    from server import serving

    flags = {
        "data_dir": given.data,
        "http.port": given.port,
        "https.port": given.https_port,
        "media.port": given.media_port,
        "media.public_addresses": given.public_address,
        "demo.enabled": given.demo,
        "demo.lessons": given.demo_lessons,
    }
    return serving.run(flags, given.config, texts, supervised=given.supervise)


def _run_rehearse(_given: argparse.Namespace, _texts: Texts) -> int:
    from server.commands import rehearse

    return rehearse.run([])


def _run_links(given: argparse.Namespace, texts: Texts) -> int:
    _lean()
    from server.commands import links

    return links.run({"data_dir": given.data}, given.config, texts, as_json=given.json)


def _run_doctor(given: argparse.Namespace, texts: Texts) -> int:
    from server.doctor import command

    return command.run({"data_dir": given.data}, given.config, texts, dev=given.dev, as_json=given.json)


def _run_relay(given: argparse.Namespace, texts: Texts) -> int:
    from server.commands import relay

    return relay.run({"data_dir": given.data}, given.config, texts)


def _run_recordings(given: argparse.Namespace, texts: Texts) -> int:
    from server.commands import recordings

    return recordings.run(given, texts)


def _run_accounts(given: argparse.Namespace, texts: Texts) -> int:
    from server.commands import accounts

    return accounts.run(given, texts)


def _run_audit(given: argparse.Namespace, texts: Texts) -> int:
    from server.commands import audit

    return audit.run(given, texts)


def _run_import(given: argparse.Namespace, texts: Texts) -> int:
    from server.commands import exchange

    return exchange.run_import(given, texts)


def _run_export(given: argparse.Namespace, texts: Texts) -> int:
    from server.commands import exchange

    return exchange.run_export(given, texts)


def _run_config(given: argparse.Namespace, texts: Texts) -> int:
    from server.commands import config

    return config.show({"data_dir": given.data}, given.config, texts, as_json=given.json)
