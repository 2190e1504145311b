"""Questions on a terminal, for what a command was not told: what is wrong with an answer is said, and asked again."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import typer
from msgspec import Struct

from tripkit.cli.output import safe
from tripkit.errors import ValidationFailed

T = TypeVar("T")

NoInput = Annotated[bool, typer.Option("--no-input", help="Ask for nothing, also on a terminal.")]


class Question(Struct, frozen=True):
    """What is asked for one field."""

    field: str
    text: str
    #: What an empty answer means; without it an answer has to be given.
    default: str | None = None
    hidden: bool = False
    #: Whether it is asked, by what is known so far.
    when: Callable[[dict[str, Any]], bool] = lambda _: True


def can_ask(*, no_input: bool = False) -> bool:
    """Whether somebody is there to answer."""
    return not no_input and sys.stdin.isatty() and sys.stderr.isatty()


def filled(questions: Sequence[Question], known: Mapping[str, Any], make: Callable[[dict[str, Any]], T]) -> T:
    """What `make` makes of the answers and of what is known; what it refuses of the answers is asked again.

    An empty answer leaves its field out.
    """
    fields = dict(known)
    waiting = list(questions)
    while True:
        for question in waiting:
            if not question.when(fields):
                continue
            fields.pop(question.field, None)
            if answer := _asked(question):
                fields[question.field] = answer
        try:
            return make(dict(fields))
        except ValidationFailed as failed:
            about = {name.partition(".")[0].partition("[")[0] for name in failed.errors}
            waiting = [question for question in questions if question.field in about]
            if not waiting or about - {question.field for question in waiting}:
                raise
            for name, messages in failed.errors.items():
                print(*(safe(f"{name}: {message}") for message in messages), sep="\n", file=sys.stderr)


def _asked(question: Question) -> str:
    again = "The same again" if question.hidden else False
    while True:
        answer = str(
            typer.prompt(
                question.text,
                default=question.default or "",
                show_default=bool(question.default),
                hide_input=question.hidden,
                confirmation_prompt=again,
                err=True,
            )
        ).strip()
        if answer or question.default is not None:
            return answer
        print("An answer is needed here; Ctrl-C gives up.", file=sys.stderr)
