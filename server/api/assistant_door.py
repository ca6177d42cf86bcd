"""Where an assistant's phone opens her page: an address and its QR code, without a secret in it.

The code hangs on a screen that pupils see too, so it signs nobody in: whoever opens it signs in as herself.
"""

from __future__ import annotations

from msgspec import Struct

from server.accounts.qr import QrDrawing, draw
from server.api.outward import base_of
from server.api.registry import Call, Endpoint


class AssistantDoor(Struct, frozen=True):
    """`url` is what the QR code says."""

    url: str
    qr: QrDrawing


async def assistant_door(call: Call) -> AssistantDoor:
    """The address of the assistant's page as a phone reaches it."""
    url = f"{base_of(call)}/assistant"
    return AssistantDoor(url=url, qr=draw(url))


ENDPOINTS = (
    Endpoint(
        "GET", "/api/assistant-door", "The address of the assistant's page, for a phone", assistant_door,
        answer=AssistantDoor, action="self",
    ),
)  # fmt: skip
