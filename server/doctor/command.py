"""`tongke doctor`: runs the checks, says what they found, and whether all is well."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from server.config import Config, load
from server.doctor import installation, machine, tools
from server.doctor.finding import Finding
from server.exits import OK, PROBLEMS, explain
from server.options import OPTIONS
from server.texts import LANGUAGES, Texts

_SIGNS = {"ok": "✓", "note": "–", "warning": "!", "problem": "✗"}
OTHER_VARIABLES = ("TONGKE_CONFIG",)


def run(flags: Mapping[str, Any], file: Path | None, texts: Texts, *, dev: bool, as_json: bool) -> int:
    """Prints the findings; exit code 0 if nothing is wrong, warnings aside."""
    try:
        config = load(flags, os.environ, file).config
    except Exception as error:
        return explain(error, texts)
    findings = examine(config, dev=dev)
    print(as_document(findings) if as_json else as_text(findings))
    return PROBLEMS if any(finding.level == "problem" for finding in findings) else OK


def examine(config: Config, *, dev: bool) -> list[Finding]:
    """Every finding, in the order in which one would mend them."""
    found = [machine.python(), *machine.libraries()]
    if found[-1].level == "problem" and any(finding.values.get("name") == "ifaddr" for finding in found):
        return found
    from server.addresses import own_addresses, own_names
    from server.doctor import ways
    from server.doctor.local_name import local_name

    addresses = own_addresses()
    now, step_s = machine.watch_clock()
    found += [
        machine.environment(os.environ, [option.variable for option in OPTIONS] + list(OTHER_VARIABLES)),
        installation.data_dir(config),
        installation.store(config),
        machine.disk(config),
        *installation.ports(config),
        machine.network(addresses),
        local_name(config, own_names(), addresses),
        *ways.ways(config),
        machine.clock(now, machine.synchronised(), step_s),
        machine.zones(),
        installation.certificate(config, addresses),
        installation.pages(config.web.dist),
        machine.limits(),
        *machine.buffers(),
    ]
    return found + (tools.tools(Path(__file__).parents[2]) if dev else [])


def as_text(findings: list[Finding]) -> str:
    """Each finding in both languages, and what to do about it."""
    both = [Texts(language) for language in LANGUAGES]
    lines: list[str] = []
    for finding in findings:
        said = dict.fromkeys(finding.words(texts) for texts in both)
        lines.append(f"{_SIGNS[finding.level]} " + " · ".join(said))
        for texts in both:
            advice = finding.advice(texts)
            if advice is not None:
                lines.append("    " + texts("doctor.mend", words=advice))
    return "\n".join([*lines, "", " · ".join(summary(findings, texts) for texts in both)])


def summary(findings: list[Finding], texts: Texts) -> str:
    """One sentence for all of them."""
    problems = sum(finding.level == "problem" for finding in findings)
    warnings = sum(finding.level == "warning" for finding in findings)
    if problems:
        return texts("doctor.summary_problems", problems=problems)
    return texts("doctor.summary_warnings", warnings=warnings) if warnings else texts("doctor.summary_ok")


def as_document(findings: list[Finding]) -> str:
    """JSON: `{"ok", "findings": [{"check", "level", "zh-CN", "en", "mend"}]}`."""
    entries = [
        {
            "check": finding.check,
            "level": finding.level,
            **{language: finding.words(Texts(language)) for language in LANGUAGES},
            "mend": {language: finding.advice(Texts(language)) for language in LANGUAGES} if finding.mend else None,
        }
        for finding in findings
    ]
    ok = not any(finding.level == "problem" for finding in findings)
    return msgspec.json.format(msgspec.json.encode({"ok": ok, "findings": entries})).decode()
