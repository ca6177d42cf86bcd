"""argparse in our words: titles, errors and help come from the catalogs."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any, NoReturn

from server.exits import USAGE
from server.texts import Texts

_SAID = {
    "cli.error.choice": re.compile(r"argument .+?: invalid choice: (?P<given>.+?) \(choose from (?P<choices>.+)\)"),
    "cli.error.missing": re.compile(r"the following arguments are required: (?P<names>.+)"),
    "cli.error.unknown": re.compile(r"unrecognized arguments: (?P<names>.+)"),
    "cli.error.value": re.compile(r"argument (?P<name>.+): expected one argument"),
}
"""What argparse says, which knows English alone."""


class Parser(argparse.ArgumentParser):
    """argparse in our words."""

    def __init__(self, *, texts: Texts, **settings: Any) -> None:
        def formatter(prog: str) -> argparse.HelpFormatter:
            return _Formatter(prog, texts)

        super().__init__(formatter_class=formatter, add_help=False, allow_abbrev=False, **settings)
        self._texts = texts
        self._positionals.title = texts("cli.positionals")
        self._optionals.title = texts("cli.options")
        self.add_argument("-h", "--help", action="help", help=texts("cli.help_option"))

    def error(self, message: str) -> NoReturn:
        """Says what does not fit, and how it would."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self._texts('cli.error', prog=self.prog, message=self._in_words(message))}\n")

    def _in_words(self, message: str) -> str:
        for key, pattern in _SAID.items():
            if said := pattern.fullmatch(message):
                return self._texts(key, **{name: value.replace("'", "") for name, value in said.groupdict().items()})
        return message


class _Formatter(argparse.HelpFormatter):
    def __init__(self, prog: str, texts: Texts) -> None:
        super().__init__(prog, max_help_position=30)
        self._texts = texts

    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, self._texts("cli.usage") if prefix is None else prefix)


class Version(argparse.Action):
    """Says which version this is."""

    def __call__(self, parser: argparse.ArgumentParser, *_rest: Any) -> NoReturn:
        from importlib.metadata import version

        print(f"tongke {version('tongke')}")
        parser.exit()
