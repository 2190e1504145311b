"""`tripkit serve`: the API server."""

from typing import Annotated

import typer

from tripkit.cli.command import LocalGroup, command
from tripkit.cli.context import invocation

app = typer.Typer(cls=LocalGroup, add_completion=False, context_settings={"help_option_names": ["--help", "-h"]})


@command(app, "serve", example="tripkit serve --port 8080 --open")
def serve(
    ctx: typer.Context,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Address to listen on. (setting: server.host)")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one. (setting: server.port)"),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=64, help="Server processes. (setting: server.workers)")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the documentation in a browser.")] = False,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Upgrade the database first, also where that is not done by itself.")
    ] = False,
) -> None:
    """Run the API server until Ctrl-C. An SQLite database is created and upgraded by itself."""
    given = {"server.host": host, "server.port": port, "server.workers": workers}
    config = invocation(ctx).load({key: value for key, value in given.items() if value is not None})

    from tripkit.server import run

    run.serve(config, open_browser=open_browser, migrate=migrate)
