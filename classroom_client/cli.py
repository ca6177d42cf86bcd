"""The command line of `tongke-classroom`, in the reader's language. Heavy imports come when they are needed."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from classroom_client.config import FromCamera, FromFile, FromRtsp, JoinConfig, Pictures, state_dir
from classroom_client.texts import Texts, choose_language

EXIT_USAGE: Final = 64
SABOTAGES: Final = ("none", "drop", "swap", "delay", "truncate")


def main() -> None:
    """Parses the command line and runs the command."""
    if sys.argv[1:2] == ["rehearse-worker"]:
        from classroom_client.logs import configure
        from classroom_client.rehearsal.worker import main as work

        configure(os.environ, quiet=True)
        work()
        return
    build(Texts(choose_language(os.environ)))(prog_name="tongke-classroom")


def build(texts: Texts) -> typer.Typer:
    """The commands, with help in the language of `texts`."""
    app = typer.Typer(help=texts("help"), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    _add_join(app, texts)
    _add_rehearse(app, texts)
    return app


def _add_join(app: typer.Typer, texts: Texts) -> None:
    def option(name: str, *flags: str) -> Any:
        return typer.Option(*flags, help=texts(f"help.join.{name}"))

    @app.command(help=texts("help.join"))
    def join(
        link: Annotated[str | None, option("link", "--link")] = None,
        server: Annotated[str | None, option("server", "--server")] = None,
        token: Annotated[str | None, option("token", "--token")] = None,
        camera: Annotated[str | None, option("camera", "--camera")] = None,
        rtsp: Annotated[str | None, option("rtsp", "--rtsp")] = None,
        media: Annotated[Path | None, option("media", "--media")] = None,
        microphone: Annotated[str | None, option("microphone", "--microphone")] = None,
        headless: Annotated[bool, option("headless", "--headless")] = False,
        screen: Annotated[str, option("screen", "--screen")] = "a",
        ca: Annotated[Path | None, option("ca", "--ca")] = None,
        insecure_loopback: Annotated[bool, option("insecure_loopback", "--insecure-loopback")] = False,
        state: Annotated[Path | None, option("state", "--state")] = None,
    ) -> None:
        from classroom_client.app import run
        from classroom_client.entry import EntryError, split_link

        if sum(each is not None for each in (camera, rtsp, media)) > 1 or screen not in ("a", "b"):
            _refuse(texts("error.usage_join"))
        try:
            if link is not None:
                server, token = split_link(link)
        except EntryError:
            _refuse(texts("error.bad_link"))
        if server is None:
            server = _found(texts)
        config = JoinConfig(
            server=server,
            token=token,
            pictures=_pictures(camera, rtsp, media, microphone),
            headless=headless,
            screen="b" if screen == "b" else "a",
            ca=ca,
            unchecked_on_loopback=insecure_loopback,
            state=state or state_dir(os.environ),
            language=texts.language,
        )
        raise typer.Exit(run(config))


def _add_rehearse(app: typer.Typer, texts: Texts) -> None:
    def option(name: str, *flags: str, **more: Any) -> Any:
        return typer.Option(*flags, help=texts(f"help.rehearse.{name}"), **more)

    @app.command(help=texts("help.rehearse"))
    def rehearse(
        lessons: Annotated[int, option("lessons", "--lessons", min=1, max=40)] = 1,
        remotes: Annotated[int, option("remotes", "--remotes", min=1, max=3)] = 3,
        seconds: Annotated[float, option("seconds", "--seconds", min=4, max=7200)] = 30,
        json_file: Annotated[Path | None, option("json", "--json")] = None,
        server: Annotated[str | None, option("server", "--server")] = None,
        data: Annotated[Path | None, option("data", "--data")] = None,
        links: Annotated[Path | None, option("links", "--links")] = None,
        link: Annotated[list[str] | None, option("link", "--link")] = None,
        pid: Annotated[int | None, option("pid", "--pid")] = None,
        ca: Annotated[Path | None, option("ca", "--ca")] = None,
        insecure_loopback: Annotated[bool, option("insecure_loopback", "--insecure-loopback")] = False,
        line: Annotated[str | None, option("line", "--line")] = None,
        sabotage: Annotated[str, typer.Option("--sabotage", hidden=True)] = "none",
        received: Annotated[bool, typer.Option("--received", hidden=True)] = False,
    ) -> None:
        from classroom_client.logs import configure
        from classroom_client.rehearsal.command import Options, rehearse
        from classroom_client.rehearsal.sabotage import as_sabotage

        _check_rehearsal(texts, (data, links, link), sabotage, line, alone=not server and lessons == 1)
        configure(os.environ, quiet=True)
        options = Options(
            lessons=1 if link else lessons,
            remotes=len(link) - 1 if link else remotes,
            seconds=seconds,
            json_file=json_file,
            server=server,
            data=data,
            links=links,
            join_links=link or [],
            pid=pid,
            ca=ca,
            unchecked_on_loopback=insecure_loopback,
            sabotage=as_sabotage(sabotage),
            received=received,
            line=line,
        )
        raise typer.Exit(rehearse(options, texts))


def _check_rehearsal(texts: Texts, ways: Sequence[object], sabotage: str, line: str | None, *, alone: bool) -> None:
    """Ends with the usage where what was asked for does not go together: at most one of the `ways` to a server of one's
    own, and a `line` only for one lesson alone that has none.
    """
    from classroom_client.lines.profiles import rehearsed_lines

    if sum(each not in (None, []) for each in ways) > 1 or sabotage not in SABOTAGES:
        _refuse(texts("error.usage_rehearse"))
    lines = rehearsed_lines()
    if line is not None and (line not in lines or any(ways) or not alone):
        _refuse(texts("error.usage_line", lines=", ".join(lines)))


def _pictures(camera: str | None, rtsp: str | None, media: Path | None, microphone: str | None) -> Pictures:
    if camera is not None:
        return FromCamera(camera, microphone)
    if rtsp is not None:
        return FromRtsp(rtsp, microphone)
    return FromFile(media) if media is not None else None


def _found(texts: Texts) -> str:
    """The one server of this link; says which it took, or why none."""
    import asyncio

    from classroom_client.discovery import servers

    try:
        found = asyncio.run(servers())
    except OSError:
        found = []
    if len(found) != 1:
        _refuse(texts("error.many_servers", servers=" ".join(found)) if found else texts("error.no_server"))
    typer.echo(texts("join.found", server=found[0]))
    return found[0]


def _refuse(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(EXIT_USAGE)
