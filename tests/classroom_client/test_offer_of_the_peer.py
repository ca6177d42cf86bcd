"""The shape of the one offer (architecture decision 4)."""

from __future__ import annotations

import pytest
from aiortc.sdp import SessionDescription

from classroom_client.peer import KINDS, Peer, PeerError
from signaling.messages import SEND_LINES, SLOTS


async def test_the_offer_has_the_fixed_lines_in_their_order() -> None:
    peer = Peer(1)
    try:
        offer = SessionDescription.parse(await peer.offer())
    finally:
        await peer.close()
    sends = [(KINDS[source], "sendonly") for source in SEND_LINES]
    slots = [("audio", "recvonly"), ("video", "recvonly")] * SLOTS
    assert [(media.kind, media.direction) for media in offer.media] == sends + slots
    assert len({media.ice.usernameFragment for media in offer.media}) == 1
    (bundle,) = offer.group
    assert (bundle.semantic, len(bundle.items)) == ("BUNDLE", len(offer.media))


async def test_the_offer_prefers_h264_constrained_baseline_and_has_opus_and_for_what_comes_red() -> None:
    peer = Peer(1)
    try:
        offer = SessionDescription.parse(await peer.offer())
    finally:
        await peer.close()
    for media in offer.media:
        names = [codec.mimeType for codec in media.rtp.codecs]
        if media.kind == "audio":
            assert names == (["audio/opus", "audio/red"] if media.direction == "recvonly" else ["audio/opus"])
        else:
            assert names == ["video/H264", "video/rtx", "video/VP8", "video/rtx"]
            assert str(media.rtp.codecs[0].parameters["profile-level-id"]).startswith("42e0")


@pytest.mark.parametrize("answer", ["", "v=0\r\n", "garbage", "v=0\r\nm=audio x y z\r\n"])
async def test_a_senseless_answer_is_a_typed_error(answer: str) -> None:
    peer = Peer(1)
    try:
        await peer.offer()
        with pytest.raises(PeerError):
            await peer.accept(answer)
    finally:
        await peer.close()
    await peer.close()
