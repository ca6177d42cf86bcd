"""The command line `tongke`: what can be said. What is done is imported only when it is asked for."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from server.texts import Texts, choose_language


def run(arguments: list[str]) -> int:
    """Runs one command; returns its exit code."""
    texts = Texts(choose_language(os.environ))
    try:
        build(texts)(args=arguments, prog_name="tongke")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def build(texts: Texts) -> typer.Typer:
    """The commands, with their help in one language."""
    app = _group(texts, "cli.help")
    _add_serve(app, texts)
    _add_links(app, texts)
    _add_rehearse(app, texts)
    _add_doctor(app, texts)
    _add_recordings(app, texts)
    _add_config(app, texts)

    @app.callback(invoke_without_command=True, help=texts("cli.help"))
    def root(
        context: typer.Context,
        version: Annotated[bool, typer.Option("--version", help=texts("cli.version"))] = False,
    ) -> None:
        if version:
            from importlib.metadata import version as installed

            typer.echo(f"tongke {installed('tongke')}")
        elif context.invoked_subcommand is None:
            typer.echo(context.get_help())

    return app


def _group(texts: Texts, key: str) -> typer.Typer:
    return typer.Typer(
        help=texts(key),
        cls=_localised(TyperGroup, texts),
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


def _localised(kind: type[Any], texts: Texts) -> type[Any]:
    """The same kind of command, its `--help` explained in our language."""

    class Localised(kind):  # type: ignore[misc]
        def get_help_option(self, ctx: Any) -> Any:
            option = super().get_help_option(ctx)
            if option is not None:
                option.help = texts("cli.help_option")
            return option

    return Localised


def _add_serve(app: typer.Typer, texts: Texts) -> None:
    def words(name: str) -> str:
        return texts(f"cli.serve.{name}")

    @app.command(help=words("help"), cls=_localised(TyperCommand, texts))
    def serve(
        config: Annotated[Path | None, typer.Option(help=words("config"))] = None,
        data: Annotated[Path | None, typer.Option(help=words("data"))] = None,
        port: Annotated[int | None, typer.Option(help=words("port"))] = None,
        https_port: Annotated[int | None, typer.Option(help=words("https_port"))] = None,
        media_port: Annotated[int | None, typer.Option(help=words("media_port"))] = None,
        public_address: Annotated[list[str] | None, typer.Option(help=words("public_address"))] = None,
        demo: Annotated[bool | None, typer.Option("--demo", help=words("demo"))] = None,
        demo_lessons: Annotated[int | None, typer.Option(help=words("demo_lessons"))] = None,
        supervise: Annotated[bool, typer.Option("--supervise", help=words("supervise"))] = False,
    ) -> None:
        from server import serving

        flags = {
            "data_dir": data,
            "http.port": port,
            "https.port": https_port,
            "media.port": media_port,
            "media.public_addresses": public_address or None,
            "demo.enabled": demo,
            "demo.lessons": demo_lessons,
        }
        raise typer.Exit(serving.run(flags, config, texts, supervised=supervise))


def _add_links(app: typer.Typer, texts: Texts) -> None:
    @app.command(help=texts("cli.links.help"), cls=_localised(TyperCommand, texts))
    def links(
        config: Annotated[Path | None, typer.Option(help=texts("cli.serve.config"))] = None,
        data: Annotated[Path | None, typer.Option(help=texts("cli.serve.data"))] = None,
        json: Annotated[bool, typer.Option("--json", help=texts("cli.json"))] = False,
    ) -> None:
        from server.commands import links as command

        raise typer.Exit(command.run({"data_dir": data}, config, texts, as_json=json))


def _add_rehearse(app: typer.Typer, texts: Texts) -> None:
    settings = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

    @app.command(help=texts("cli.rehearse.help"), context_settings=settings, add_help_option=False)
    def rehearse(context: typer.Context) -> None:
        from server.commands import rehearse as command

        raise typer.Exit(command.run(context.args))


def _add_doctor(app: typer.Typer, texts: Texts) -> None:
    @app.command(help=texts("cli.doctor.help"), cls=_localised(TyperCommand, texts))
    def doctor(
        config: Annotated[Path | None, typer.Option(help=texts("cli.serve.config"))] = None,
        data: Annotated[Path | None, typer.Option(help=texts("cli.serve.data"))] = None,
        dev: Annotated[bool, typer.Option("--dev", help=texts("cli.doctor.dev"))] = False,
        json: Annotated[bool, typer.Option("--json", help=texts("cli.json"))] = False,
    ) -> None:
        from server.doctor import command

        raise typer.Exit(command.run({"data_dir": data}, config, texts, dev=dev, as_json=json))


def _add_recordings(app: typer.Typer, texts: Texts) -> None:
    group = _group(texts, "cli.recordings.help")
    app.add_typer(group, name="recordings")
    data_option = typer.Option(help=texts("cli.serve.data"))
    config_option = typer.Option(help=texts("cli.serve.config"))
    json_option = typer.Option("--json", help=texts("cli.json"))
    which = typer.Argument(help=texts("cli.recordings.ids"))

    @group.command("list", help=texts("cli.recordings.list"), cls=_localised(TyperCommand, texts))
    def listing(
        config: Annotated[Path | None, config_option] = None,
        data: Annotated[Path | None, data_option] = None,
        json: Annotated[bool, json_option] = False,
    ) -> None:
        from server.commands import recordings

        raise typer.Exit(recordings.listing({"data_dir": data}, config, texts, as_json=json))

    @group.command("verify", help=texts("cli.recordings.verify"), cls=_localised(TyperCommand, texts))
    def verify(
        ids: Annotated[list[str] | None, which] = None,
        config: Annotated[Path | None, config_option] = None,
        data: Annotated[Path | None, data_option] = None,
        json: Annotated[bool, json_option] = False,
    ) -> None:
        from server.commands import recordings

        raise typer.Exit(recordings.verify({"data_dir": data}, config, texts, ids or [], as_json=json))

    @group.command("repair", help=texts("cli.recordings.repair"), cls=_localised(TyperCommand, texts))
    def repair(
        ids: Annotated[list[str] | None, which] = None,
        config: Annotated[Path | None, config_option] = None,
        data: Annotated[Path | None, data_option] = None,
        json: Annotated[bool, json_option] = False,
    ) -> None:
        from server.commands import recordings

        raise typer.Exit(recordings.repair({"data_dir": data}, config, texts, ids or [], as_json=json))

    @group.command("export", help=texts("cli.recordings.export"), cls=_localised(TyperCommand, texts))
    def export(
        id: Annotated[str, typer.Argument(help=texts("cli.recordings.id"))],
        to: Annotated[Path, typer.Argument(help=texts("cli.recordings.to"))],
        config: Annotated[Path | None, config_option] = None,
        data: Annotated[Path | None, data_option] = None,
        json: Annotated[bool, json_option] = False,
    ) -> None:
        from server.commands import recordings

        raise typer.Exit(recordings.export({"data_dir": data}, config, texts, id, to, as_json=json))


def _add_config(app: typer.Typer, texts: Texts) -> None:
    group = _group(texts, "cli.config.help")
    app.add_typer(group, name="config")

    @group.callback(help=texts("cli.config.help"))
    def settings() -> None: ...

    @group.command("print", help=texts("cli.config.print"), cls=_localised(TyperCommand, texts))
    def show(
        config: Annotated[Path | None, typer.Option(help=texts("cli.serve.config"))] = None,
        data: Annotated[Path | None, typer.Option(help=texts("cli.serve.data"))] = None,
        json: Annotated[bool, typer.Option("--json", help=texts("cli.json"))] = False,
    ) -> None:
        from server.commands import config as command

        raise typer.Exit(command.show({"data_dir": data}, config, texts, as_json=json))
