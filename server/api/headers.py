"""What every response says to a browser: load nothing from elsewhere, run nothing inline, frame us nowhere."""

from __future__ import annotations

from multidict import CIMultiDict

_POLICY = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}
_REPLAY = {"media-src": "'self' blob:"}

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), fullscreen=(self), "
        "screen-wake-lock=(self), geolocation=(), usb=(), payment=()"
    ),
    "Server": "tongke",
}


def _told(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())


_ELSEWHERE = _ALWAYS | {"Content-Security-Policy": _told(_POLICY)}
_ON_REPLAYS = _ALWAYS | {"Content-Security-Policy": _told(_POLICY | _REPLAY)}


def secure(headers: CIMultiDict[str], path: str) -> None:
    """Adds the headers; sockets need no `connect-src`, for `'self'` covers ws and wss of the same host (CSP 3)."""
    headers.update(_ON_REPLAYS if path == "/replay" or path.startswith("/replay/") else _ELSEWHERE)
