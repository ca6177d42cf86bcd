"""SDP made small and whole again; what is no packing, or would unfold without end, is refused."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given

from signaling.errors import BadMessage
from signaling.packing import packed, unpacked
from tests.any_text import any_text


@given(any_text(max_size=2000))
def test_what_is_packed_comes_out_as_it_was(text: str) -> None:
    assert unpacked(packed(text), 10_000) == text


def test_an_offer_becomes_a_quarter() -> None:
    text = "".join(f"a=rtpmap:{n} H264/90000\r\na=rtcp-fb:{n} nack pli\r\n" for n in range(400))
    assert len(packed(text)) < len(text) / 4


@pytest.mark.parametrize("text", ["", "é", "!!!!", "AAAA", base64.b64encode(zlib.compress(b"x" * 99)).decode()])
def test_what_is_no_packing_is_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        unpacked(text, 10_000)


def test_what_would_unfold_without_end_is_refused() -> None:
    with pytest.raises(BadMessage):
        unpacked(packed("0" * 10_000_000), 262_144)


def test_what_is_cut_short_is_refused() -> None:
    with pytest.raises(BadMessage):
        unpacked(packed("a=mid:0\r\n" * 100)[:8], 262_144)
