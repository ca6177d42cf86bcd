"""`/trust`: how a device comes to trust this server's own certificate authority.

In both languages, the device's own first, without scripts.
"""

from __future__ import annotations

from html import escape
from importlib import resources

from aiohttp import web

from server.api.problems import not_found
from server.api.registry import Call, Endpoint
from server.permissions import PUBLIC
from server.texts import LANGUAGES, Texts, preferred_language

PLATFORMS = ("windows", "android", "linux", "apple")


async def trust(call: Call) -> web.Response:
    """The page. It is public: a device needs it before it can sign in."""
    if call.services.authority is None:
        raise not_found()
    own = preferred_language(call.request.headers.get("Accept-Language", ""))
    both = [Texts(language) for language in sorted(LANGUAGES, key=lambda language: language != own)]
    sections = "".join(_section(texts, call.services.fingerprint) for texts in both)
    title = " · ".join(texts("trust.title") for texts in both)
    page = (
        f'<!doctype html><html lang="{own}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="/icon.svg">'
        '<link rel="stylesheet" href="/trust.css"></head>'
        f"<body>{sections}</body></html>"
    )
    return web.Response(
        text=page, content_type="text/html", headers={"Cache-Control": "no-cache", "Vary": "Accept-Language"}
    )


async def stylesheet(_call: Call) -> web.Response:
    """The page's style, apart from it: the content security policy allows no inline style."""
    css = (resources.files("server") / "api" / "trust.css").read_text(encoding="utf-8")
    return web.Response(text=css, content_type="text/css", headers={"Cache-Control": "no-cache"})


def _section(texts: Texts, fingerprint: str) -> str:
    def words(key: str) -> str:
        return escape(texts(f"trust.{key}"))

    steps = "".join(f"<dt>{words(f'{name}.name')}</dt><dd>{words(f'{name}.steps')}</dd>" for name in PLATFORMS)
    return (
        f'<section lang="{texts.language}"><h1>{words("title")}</h1><p>{words("why")}</p>'
        f'<p><a class="download" href="/ca.crt">{words("download")}</a></p>'
        f"<p>{words('compare')}</p><p><code>{escape(fingerprint)}</code></p><dl>{steps}</dl><p>{words('after')}</p></section>"
    )


ENDPOINTS = (
    Endpoint("GET", "/trust", "How a device trusts this server", trust, action=PUBLIC, content_type="text/html"),
    Endpoint("GET", "/trust.css", "The style of that page", stylesheet, action=PUBLIC, content_type="text/css"),
)
