"""Errors of the signaling wire. Each has a stable `code`; pages turn the code into words."""

from __future__ import annotations

from typing import Literal

RefusalCode = Literal[
    "bad_message",
    "too_large",
    "too_fast",
    "unauthorized",
    "not_allowed",
    "not_live",
    "already_done",
    "lesson_ended",
    "not_in_lesson",
    "no_floor",
    "nothing_to_undo",
    "nothing_to_redo",
    "no_such_page",
    "no_such_object",
    "no_such_picture",
    "page_full",
    "board_full",
    "disk_full",
    "offer_refused",
]
"""Codes of `RefusedMessage`: what was asked was not done, and the socket stays open."""

GoodbyeCode = Literal[
    "ended",
    "draining",
    "replaced",
    "unauthorized",
    "stalled",
    "no_such_lesson",
    "version",
    "full",
    "not_open",
    "bad_message",
    "too_large",
    "too_fast",
    "internal",
]
"""Codes of `Goodbye`: the socket closes."""


class SignalingError(Exception):
    """The other side's fault. `code` is stable and part of the protocol (docs/protocol.md)."""

    code = "error"

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.code}: {detail}" if detail else self.code)
        self.detail = detail


class BadMessage(SignalingError):
    """Not JSON, an unknown type, a wrong field, or a value out of range."""

    code = "bad_message"


class TooLarge(SignalingError):
    """The frame is over the limit of its type."""

    code = "too_large"


class TooFast(SignalingError):
    """More messages than the sender's allowance."""

    code = "too_fast"


class TurnedAway(SignalingError):
    """A socket that cannot stay. `retry`: coming back later may help."""

    code: GoodbyeCode

    def __init__(self, code: GoodbyeCode, detail: str = "", *, retry: bool = False) -> None:
        self.code = code
        self.retry = retry
        super().__init__(detail)


class Refused(SignalingError):
    """A well-formed message that its sender may not send now. The room is unchanged."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        super().__init__(detail)
