"""Bytes to messages and back: every message survives, everything else is refused."""

from __future__ import annotations

import contextlib
import string
from functools import cache
from typing import get_args

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from signaling.codec import (
    FRAME_LIMIT_BYTES,
    LIMITS_BYTES,
    SMALL_LIMIT_BYTES,
    Frames,
    decode_from_client,
    decode_from_server,
    encode,
    refusal,
    type_of,
)
from signaling.errors import BadMessage, Refused, TooLarge
from signaling.messages import (
    BoardCheck,
    DrawStroke,
    Erase,
    FromClient,
    FromServer,
    Hello,
    Ink,
    Logged,
    Message,
    Offer,
    Ping,
    RefusedMessage,
    Started,
)
from tests.any_text import any_text

LETTERS = string.ascii_letters + string.digits
ALPHABETS = {
    "^[A-Za-z0-9_.:-]+$": LETTERS + "_.:-",
    "^[A-Za-z0-9_-]+$": LETTERS + "_-",
    "^[A-Za-z0-9-]+$": LETTERS + "-",
    "^[0-9a-f]{64}$": "0123456789abcdef",
}


@cache
def _strategy(message: type[Message]) -> st.SearchStrategy[Message]:
    """Any value of a message type, by its schema."""
    return st.builds(message, **{f.name: _values(f.type) for f in _fields(message)})  # type: ignore[attr-defined]


def _fields(message: type) -> tuple[msgspec.inspect.Field, ...]:
    described = msgspec.inspect.type_info(message)
    assert isinstance(described, msgspec.inspect.StructType)
    return described.fields


def _values(kind: msgspec.inspect.Type) -> st.SearchStrategy[object]:
    inspect = msgspec.inspect
    match kind:
        case inspect.IntType(ge=low, lt=int(beyond)):
            return st.integers(low, beyond - 1)
        case inspect.IntType(ge=low, le=high):
            return st.integers(low if low is not None else -(2**53), high if high is not None else 2**53)
        case inspect.StrType(pattern="^#[0-9a-f]{6}$"):
            return st.sampled_from(["#000000", "#c04000", "#ffffff"])
        case inspect.StrType(pattern=str(pattern), min_length=low, max_length=high):
            return st.text(ALPHABETS[pattern], min_size=low or 64, max_size=high or 64)
        case inspect.StrType(min_length=low, max_length=high):
            return any_text(min_size=low or 0, max_size=min(high or 50, 50))
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.ListType(item_type=item, min_length=low):
            return st.lists(_values(item), min_size=low or 0, max_size=(low or 0) + 2)
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_values(key), _values(value), max_size=2)  # type: ignore[arg-type]
        case inspect.UnionType(types=types):
            return st.one_of([_values(each) for each in types])
        case inspect.StructType(cls=cls):
            return _strategy(cls)
        case _:
            raise TypeError(kind)


FROM_CLIENT = st.one_of([_strategy(each) for each in get_args(FromClient)])
FROM_SERVER = st.one_of([_strategy(each) for each in get_args(FromServer)])


@given(message=FROM_CLIENT)
def test_P3_every_message_of_a_client_survives_the_wire(message: FromClient) -> None:
    assert decode_from_client(encode(message)) == message
    assert decode_from_client(encode(message).decode()) == message


@settings(max_examples=60)
@given(message=FROM_SERVER)
def test_P3_every_message_of_the_server_survives_the_wire(message: FromServer) -> None:
    assert decode_from_server(encode(message)) == message


@given(frame=st.one_of(st.binary(max_size=300), any_text(max_size=300)))
@example(b"\xff\xfe")
@example("\ud800")
@example(b'{"type":"ping","sent_ms":1}\x00')
def test_P4_junk_is_a_typed_error_or_a_message(frame: bytes | str) -> None:
    with contextlib.suppress(BadMessage, TooLarge):
        assert isinstance(decode_from_client(frame), Message)


@given(message=FROM_CLIENT, data=st.data())
def test_P4_a_frame_cut_or_changed_at_any_byte_never_escapes(message: FromClient, data: st.DataObject) -> None:
    frame = bytearray(encode(message))
    at = data.draw(st.integers(0, len(frame) - 1))
    for broken in (bytes(frame[:at]), bytes(frame[:at] + bytes([data.draw(st.integers(0, 255))]) + frame[at + 1 :])):
        with contextlib.suppress(BadMessage, TooLarge):
            assert isinstance(decode_from_client(broken), Message)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"[]",
        b"[" * 300_000,
        b'{"a":' * 50_000,
        b'{"type":"ping","sent_ms":' + b"9" * 1_000,
        b'{"type":"ping","sent_ms":1,"sent_ms":{}}',
        b'{"type":"ping","sent_ms":true}',
        b'{"type":"ping","sent_ms":NaN}',
        b'{"type":"hello","version":1,"lesson":"../../etc"}',
        b'{"type":"call_on","participant":"<script>"}',
        b'{"type":"event","number":1,"at":0,"by":"x","event":{"type":"started"}}',
        b'{"type":"draw_stroke","id":"stroke-1","page":0,"colour":"#000000","width":40,"points":[1,2,3]}',
        b'{"type":"draw_stroke","id":"stroke-1","page":1,"colour":"red","width":40,"points":[1,2,3]}',
        b'{"type":"draw_stroke","id":"stroke-1","page":1,"colour":"#000000","width":40,"points":[1,2,3.5]}',
        b'{"type":"draw_stroke","id":"stroke-1","page":1,"colour":"#000000","width":40,"points":[1,2,30000]}',
    ],
    ids=lambda frame: repr(frame)[:40],
)
def test_P4_what_is_no_message_is_a_bad_message(frame: bytes) -> None:
    with pytest.raises(BadMessage):
        decode_from_client(frame)


def test_P4_each_type_has_its_limit_and_the_largest_valid_message_of_it_fits() -> None:
    longest_points = [-10_000] * 6_000
    ids = [f"{number:040d}" for number in range(500)]
    largest: list[FromClient] = [
        Hello(version=1, lesson="x" * 64, after=2**53, screen="b"),
        Offer(connection=2**31, sdp='"\r\n' * 40_000),
        Ink(id="x" * 40, page=500, colour="#000000", width=800, start=2_000, points=[-10_000] * 600),
        DrawStroke(id="x" * 40, page=500, colour="#000000", width=800, points=longest_points),
        Erase(id="x" * 40, page=500, objects=ids),
        BoardCheck(number=2**53, hash="0" * 64),
    ]
    for message in largest:
        frame = encode(message)
        assert decode_from_client(frame) == message
        limit = LIMITS_BYTES.get(type(message), SMALL_LIMIT_BYTES)
        with pytest.raises(TooLarge):
            decode_from_client(frame + b" " * (limit + 1 - len(frame)))


def test_P3_a_frame_over_the_limit_of_all_is_not_even_parsed() -> None:
    with pytest.raises(TooLarge):
        decode_from_client(b"{" * (FRAME_LIMIT_BYTES + 1))


def test_P5_a_refusal_names_type_code_and_operation() -> None:
    erase = Erase(id="erase-01", page=1, objects=["stroke-1"])
    assert refusal(erase, Refused("no_such_object")) == RefusedMessage(code="no_such_object", of="erase", id="erase-01")
    assert refusal(Ping(sent_ms=1), Refused("not_allowed", "why")) == RefusedMessage(
        code="not_allowed", of="ping", detail="why"
    )
    assert refusal(None, BadMessage("what")) == RefusedMessage(code="bad_message", of="", detail="what")
    assert type_of(erase) == "erase"


def test_P60_one_message_to_many_is_encoded_once() -> None:
    frames = Frames()
    one, other = (Logged(number=n, at=0, by="staff-1", event=Started()) for n in (1, 2))
    first = frames.of(one)
    assert frames.of(one) is first
    assert frames.of(other) == encode(other)
    assert frames.of(one) == first
