"""Structured logs on stderr: lines for people on a terminal, JSON elsewhere. Ids only, never names."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping

import structlog


def configure(environ: Mapping[str, str], quiet: bool = False) -> None:
    """Sets structlog up once. quiet: warnings only, unless TONGKE_LOG_LEVEL says otherwise."""
    level = environ.get("TONGKE_LOG_LEVEL", "warning" if quiet else "info").upper()
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping().get(level, logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
