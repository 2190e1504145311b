"""`tripkit help`: topics that many commands share, and the help of commands."""

from difflib import get_close_matches
from typing import Annotated, Any

import typer

from tripkit.cli import completion, looks, output
from tripkit.cli.command import LocalGroup, command
from tripkit.cli.output import safe, write
from tripkit.cli.topics import TOPICS
from tripkit.errors import InvalidInput

app = typer.Typer(cls=LocalGroup, add_completion=False, context_settings={"help_option_names": ["--help", "-h"]})


@command(app, "help", example="tripkit help dates")
def help_(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="TOPIC", help="A topic, or a command like plan new.", autocompletion=completion.topics),
    ] = None,
) -> None:
    """Explain a topic, or a command. Without one, list the topics."""
    if not words:
        width = max(map(len, TOPICS)) + 2
        lines = "".join(f"  {name:{width}}{topic.summary}\n" for name, topic in TOPICS.items())
        write(f"tripkit help TOPIC explains one of these:\n\n{lines}\ntripkit COMMAND --help explains a command.\n")
    elif len(words) == 1 and words[0] in TOPICS:
        _explain(TOPICS[words[0]].text)
    else:
        _show_help(ctx.find_root().command, words)


def _explain(text: str) -> None:
    if not output.is_terminal() or looks.is_plain():
        write(safe(text) + "\n")
        return
    from rich.markdown import Markdown

    looks.show(Markdown(text, code_theme="ansi_dark"))


def _show_help(root: Any, words: list[str]) -> None:
    """The help of the command that is called so."""
    if words[0] not in root.commands:
        near = get_close_matches(words[0], [*TOPICS, *root.commands], n=2)
        meant = f"Did you mean {' or '.join(near)}? " if near else ""
        raise InvalidInput(
            f'There is no topic or command "{" ".join(words)}". {meant}`tripkit help` lists the topics, and '
            "`tripkit --help` the commands."
        )
    root.invoke(root.make_context("tripkit", [*words, "--help"]))
