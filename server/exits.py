"""Exit codes (sysexits.h) and the words for whatever stopped a command."""

from __future__ import annotations

import sys

from server.texts import Texts

OK, PROBLEMS, USAGE, DATA, NO_INPUT, UNAVAILABLE, SOFTWARE, IO_ERROR, TRY_LATER, CONFIG = (
    0, 1, 2, 65, 66, 69, 70, 74, 75, 78,
)  # fmt: skip


def explain(error: BaseException, texts: Texts) -> int:
    """Says on standard error what is wrong and what to do next; returns the exit code, or raises what is unknown."""
    from server.certificates import CertificateError
    from server.data_dir import DataDirError
    from server.options import ConfigError
    from server.sockets import PortTaken
    from server.store.errors import StoreError

    match error:
        case ConfigError():
            where = texts(f"config.from_{error.origin}")
            words = texts(f"config.{error.code}", key=error.key, value=error.value, where=where)
            code = CONFIG
        case DataDirError():
            words = texts(f"error.{error.code}", path=error.path, detail=error.detail)
            code = TRY_LATER if error.code == "data_in_use" else IO_ERROR
        case PortTaken():
            words = texts("error.port_taken", host=error.host or "*", port=error.port, reason=str(error))
            code = UNAVAILABLE
        case StoreError():
            known = texts.get(f"error.{error.code}", detail=str(error))
            words = known or texts("error.store_failed", detail=str(error))
            code = IO_ERROR
        case CertificateError():
            words, code = texts("error.certificate", path=error.path, detail=str(error)), CONFIG
        case _:
            raise error
    print(f"tongke: {words}", file=sys.stderr)
    return code
