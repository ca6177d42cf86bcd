"""What a browser is called in the list of one's sign-ins: its family and system, read off User-Agent.

Only for a person to recognise her own screens by: whoever sends the header (RFC 9110, section 10.1.5) may write into it
what he likes.
"""

from __future__ import annotations

_FAMILIES = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def describe(user_agent: str) -> str:
    """Such as `Chrome, Windows`; the first word of anything unknown, empty for nothing."""
    family = next((name for mark, name in _FAMILIES if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    known = ", ".join(word for word in (family, system) if word)
    first = "".join(character for character in user_agent.partition("/")[0] if character.isprintable())
    return known or first[:32].strip()
