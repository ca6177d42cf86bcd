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


def secure(headers: CIMultiDict[str], path: str) -> None:
    """Adds the headers; sockets need no `connect-src`, for `'self'` covers ws and wss of the same host (CSP 3)."""
    for name, value in _ALWAYS.items():
        headers[name] = value
    extra = _REPLAY if path == "/replay" or path.startswith("/replay/") else {}
    headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in {**_POLICY, **extra}.items())
