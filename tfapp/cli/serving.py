"""The command `tfapp serve`; an option that is not given is left to models.toml."""

from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli.options import Quiet


def serve(
    folder: Annotated[
        str, typer.Argument(help="Serves every NAME/VERSION below; or saved_models.")
    ] = "",
    config: Annotated[str, typer.Option(help="models.toml: all options.")] = "",
    host: Annotated[str | None, typer.Option(help="Address; 127.0.0.1.")] = None,
    rest_port: Annotated[int | None, typer.Option(help="8501; 0 = off.")] = None,
    grpc_port: Annotated[int | None, typer.Option(help="8500; 0 = off.")] = None,
    poll_seconds: Annotated[
        float | None, typer.Option(help="Between looks; 1.")
    ] = None,
    cors: Annotated[
        bool | None, typer.Option(help="Let other origins send requests.")
    ] = None,
    token_file: Annotated[str | None, typer.Option(help="Clients bear it.")] = None,
    tls_certificate: Annotated[str | None, typer.Option(help="PEM file.")] = None,
    tls_key: Annotated[str | None, typer.Option(help="PEM file.")] = None,
    log: Annotated[str | None, typer.Option(help="errors, all or off.")] = None,
    quiet: Quiet = False,
) -> None:
    """Serve exported models to programs and, on a web page, to people."""
    options = dict(locals())
    from tfapp.verbs import serve as verb

    reporter = Reporter(options.pop("quiet"))
    folder, config = options.pop("folder"), options.pop("config")
    verb.serve(folder, config, reporter=reporter, **options)
