"""Bytes on the wire to messages and back: JSON text frames with a size limit for each type.

Limits are those of docs/protocol.md, rules P3 to P5. What a client sends is checked against the schema of
`signaling.messages` in full; a nesting deeper than the schema's is refused as a wrong field.
"""

from __future__ import annotations

from typing import Any

import msgspec

from signaling.editions import earlier
from signaling.errors import BadMessage, SignalingError, TooLarge
from signaling.messages import (
    EDITION,
    DrawStroke,
    Erase,
    FromClient,
    FromServer,
    Hello,
    Ink,
    Message,
    Offer,
    RefusedMessage,
)

FRAME_LIMIT_BYTES = 320 * 1024
"""No frame of a client may be longer: an SDP of 256 KiB with its line ends escaped."""
SMALL_LIMIT_BYTES = 1024
LIMITS_BYTES: dict[type[Message], int] = {
    Hello: 1024,
    Offer: FRAME_LIMIT_BYTES,
    Ink: 6 * 1024,
    DrawStroke: 64 * 1024,
    Erase: 24 * 1024,
}
"""Types that may be longer than SMALL_LIMIT_BYTES."""

_client: msgspec.json.Decoder[FromClient] = msgspec.json.Decoder(FromClient)
_server: msgspec.json.Decoder[FromServer] = msgspec.json.Decoder(FromServer)
_encoder = msgspec.json.Encoder()


def encode(message: Message) -> bytes:
    """One frame of UTF-8 JSON."""
    return _encoder.encode(message)


def decode_from_client(frame: bytes | str) -> FromClient:
    """The message in a frame that came from a client.

    Raises:
        TooLarge: over the limit of its type.
        BadMessage: not JSON, an unknown type, a wrong field, or a value out of range.
    """
    size = len(frame)
    if size > FRAME_LIMIT_BYTES:
        raise TooLarge(f"{size} bytes")
    message: FromClient = _decode(_client, frame)
    limit = LIMITS_BYTES.get(type(message), SMALL_LIMIT_BYTES)
    if size > limit:
        raise TooLarge(f"{type_of(message)}: {size} bytes, limit {limit}")
    return message


def decode_from_server(frame: bytes | str) -> FromServer:
    """The message in a frame that came from the server.

    Raises:
        BadMessage: not a message of this version of the protocol.
    """
    message: FromServer = _decode(_server, frame)
    return message


def type_of(message: Message) -> str:
    """The value of the message's `type` field."""
    return str(message.__struct_config__.tag)


def refusal(message: Message | None, error: SignalingError) -> RefusedMessage:
    """What the sender of `message` is told of `error`; None where the frame held no message."""
    if message is None:
        return RefusedMessage(code=error.code, of="", detail=error.detail)
    operation = getattr(message, "id", "")
    return RefusedMessage(code=error.code, of=type_of(message), detail=error.detail, id=operation)


class Frames:
    """Encodes a message that goes to many only once: it remembers the latest, for each edition of the wire."""

    def __init__(self) -> None:
        self._message: Message | None = None
        self._frame = b""
        self._older: tuple[Message, int, bytes | None] | None = None

    def of(self, message: Message) -> bytes:
        """The frame of `message`."""
        if message is not self._message:
            self._message, self._frame = message, encode(message)
        return self._frame

    def told_to(self, edition: int, message: FromServer) -> bytes | None:
        """The frame for a client of this edition; None where it is told nothing."""
        if edition >= EDITION:
            return self.of(message)
        if self._older is None or self._older[0] is not message or self._older[1] != edition:
            self._older = message, edition, earlier(message, edition)
        return self._older[2]


def _decode(decoder: msgspec.json.Decoder[Any], frame: bytes | str) -> Any:
    try:
        return decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadMessage(str(error)[:200]) from error
