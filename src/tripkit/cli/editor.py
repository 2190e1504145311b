"""Editing a document in `$EDITOR`: a mistake opens it again with the error below the line, and nothing is lost."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from tripkit.cli.output import Output
from tripkit.errors import InvalidInput, ValidationFailed

T = TypeVar("T")

#: How our own remarks in the document begin; they are taken out again.
REMARK: Final = "#! "
_USUAL: Final = ("nano", "vi")
#: How a TOML reader says where it stopped.
_PLACE: Final = re.compile(r" ?\(at line (\d+), column \d+\)")


def edit(text: str, name: str, drafts: Path, out: Output, apply: Callable[[dict[str, Any]], T]) -> T | None:
    """Let somebody edit a TOML document, and give its values to `apply`; None if nothing was changed.

    What `apply` refuses as `ValidationFailed` can be mended at once. Whatever else happens, the text stays in a file
    in `drafts`, and its path is told. `name` is that of the file.
    """
    program = _program()
    path = _draft(drafts, name)
    path.write_text(text, "utf-8")
    try:
        result = _until_right(program, path, text, apply)
    except BaseException:
        if _without_remarks(path.read_text("utf-8")) != text:
            out.warn(f"What you typed is kept in {path}.")
        else:
            path.unlink()
        raise
    path.unlink()
    if result is None:
        out.tell("Nothing was changed.")
    return result


def _until_right(program: Sequence[str], path: Path, text: str, apply: Callable[[dict[str, Any]], T]) -> T | None:
    shown = text
    while True:
        _run(program, path)
        typed = _without_remarks(path.read_text("utf-8", errors="replace"))
        if typed == text:
            return None
        try:
            return apply(_read(typed))
        except ValidationFailed as failed:
            remarked = with_remarks(typed, failed.errors)
            if remarked == shown:
                raise  # it was closed as it had been opened: that is how people give up
            shown = remarked
            path.write_text(shown, "utf-8")


def _read(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line = place[1] if place else str(text.count("\n") + 1)
        raise ValidationFailed(
            {f"line {line}": [f'{_PLACE.sub("", str(error))}. This is TOML: name = "value".']}
        ) from None


def with_remarks(text: str, errors: Mapping[str, Sequence[str]]) -> str:
    """The document with each error below the line it is about, or else at the top."""
    lines = text.splitlines()
    at = {name: _line_of(name, lines) for name in errors}
    found: list[str] = [f"{REMARK}{_plainly(name, each)}" for name in errors if at[name] < 0 for each in errors[name]]
    for number, line in enumerate(lines):
        found.append(line)
        found += [f"{REMARK}{_plainly(name, each)}" for name in errors if at[name] == number for each in errors[name]]
    return "\n".join(found) + "\n"


def _plainly(name: str, message: str) -> str:
    return " ".join(f"{name}: {message}".split())


def _line_of(name: str, lines: Sequence[str]) -> int:
    """The index of the line that sets a field; -1 for none."""
    if name.startswith("line "):
        return min(int(name.removeprefix("line ")), len(lines)) - 1
    for key in (name, name.partition("[")[0], name.partition(".")[0]):
        for number, line in enumerate(lines):
            found, equals, _ = line.strip().removeprefix("# ").partition("=")
            if equals and (found.strip() == key or found.strip().startswith(f"{key}.")):
                return number
    return -1


def _without_remarks(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(REMARK))


def _program() -> list[str]:
    """What people set, or an editor that most machines have; raises `InvalidInput`."""
    wanted = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if wanted:
        return shlex.split(wanted)
    usual = next((found for name in _USUAL if (found := shutil.which(name))), None)
    if usual is None or not sys.stdin.isatty():
        raise InvalidInput("There is no editor to open. Set EDITOR, as in EDITOR='code --wait'.")
    return [usual]


def _run(program: Sequence[str], path: Path) -> None:
    try:
        code = subprocess.call([*program, str(path)])
    except OSError as error:
        raise InvalidInput(f"{program[0]} cannot be run: {error.strerror}. Set EDITOR to an editor.") from None
    if code:
        raise InvalidInput(f"{program[0]} ended with an error ({code}): nothing was changed.")


def _draft(drafts: Path, name: str) -> Path:
    """A new file that only its owner reads."""
    drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = drafts / f"{name}-{datetime.now().astimezone():%Y%m%d-%H%M%S-%f}.toml"
    path.touch(mode=0o600, exist_ok=False)
    return path
