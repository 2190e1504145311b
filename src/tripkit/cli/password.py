"""Passwords for commands: from a prompt or from standard input, never as an argument, which others would see."""

import sys
from typing import Annotated

import typer

from tripkit.errors import InvalidInput

PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, and do not ask for it.")
]


def ask(*, stdin: bool) -> str:
    """A new password, which is asked for twice."""
    if stdin:
        try:
            text = sys.stdin.buffer.read().decode()
        except UnicodeDecodeError:
            raise InvalidInput("The password on standard input is not UTF-8.") from None
        return text.removesuffix("\n").removesuffix("\r")
    if not sys.stdin.isatty():
        raise InvalidInput("There is no terminal to ask for the password on: pipe it in, and say --password-stdin.")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True))
