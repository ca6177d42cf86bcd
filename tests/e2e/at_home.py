"""Pages load nothing from anywhere but their own server: a county's network may have no Internet."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Page, Request, WebSocket

from server.addresses import own_addresses

INSIDE = ("about:", "blob:", "data:", "chrome-error:")


def strayed(context: BrowserContext) -> list[str]:
    """What pages of this context ask for elsewhere, from now on: requests of any kind, sockets, and whole pages."""
    found: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith(INSIDE) and not _is_at_home(request):
            found.append(request.url)

    def opened(page: Page) -> None:
        def joined(socket: WebSocket) -> None:
            if _server(socket.url) != _server(page.url):
                found.append(socket.url)

        page.on("websocket", joined)

    context.on("request", asked)
    context.on("page", opened)
    return found


def _is_at_home(request: Request) -> bool:
    if request.is_navigation_request():
        return _is_of_this_machine(request.url)
    try:
        asking = request.frame.url
    except Error:  # of a worker, or of a page that is gone
        asking = request.headers.get("referer", "")
    # A page that is just being left or opened has no address of its own yet.
    return _server(asking) == _server(request.url) if _server(asking) else _is_of_this_machine(request.url)


def _server(address: str) -> str:
    """The host and port of an address, the same for pages and their sockets."""
    return urlsplit(address).netloc


def _is_of_this_machine(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host in own_addresses():
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
