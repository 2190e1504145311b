"""Runs the ```console blocks of a page as a reader would, and compares what they show with what happens.

A line that begins with `$ ` is a command; a backslash at its end continues it. What follows is its output: `...` alone
on a line stands for any lines, and within a line for any text. Moments are not compared. Commands run in one
shell, on a terminal 80 columns wide, in an empty home. `$ tripkit serve` starts the server on a free port, which takes
the place of 8000; the output below it is the beginning of what the server says.
"""

import os
import pty
import re
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, TextIO

import msgspec

SHOWN_URL: Final = "http://127.0.0.1:8000"
SHOWN_HOME: Final = "/home/ada"
_BLOCK: Final = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SCRIPT: Final = re.compile(r"(?<=^```python\n)# (\w+\.py)\n.*?(?=^```$)", re.MULTILINE | re.DOTALL)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?Z)?")
#: Ends the output of a command, with its exit code.
_END: Final = "\x1e"


class Step(msgspec.Struct, frozen=True):
    """One command of a page, with what the page shows as its output."""

    command: str
    shown: str
    line: int


def steps(page: str) -> list[Step]:
    """The commands of a page, in order."""
    found = []
    for block in _BLOCK.finditer(page):
        first = page.count("\n", 0, block.start(1)) + 1
        lines = list(enumerate(block[1].splitlines(), first))
        while lines:
            number, text = lines.pop(0)
            assert text.startswith("$ "), f"line {number}: a console block begins with a command, not {text!r}"
            command = text.removeprefix("$ ")
            while command.endswith("\\"):
                command = command[:-1] + lines.pop(0)[1].lstrip()
            output = []
            while lines and not lines[0][1].startswith("$ "):
                output.append(lines.pop(0)[1])
            found.append(Step(command, "\n".join(output), number))
    return found


def scripts(page: str) -> dict[str, str]:
    """The Python programs of a page, by the name that their first line says: `# trips.py`."""
    return {found[1]: found[0] for found in _SCRIPT.finditer(page)}


def matches(shown: str, real: str) -> bool:
    """Whether the page shows what really happened."""
    pattern = "".join(r"(.*\n)*?" if line == "..." else _pattern(line) for line in _plain(shown))
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _plain(real))) is not None


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split("...")) + r"\n"


def _plain(output: str) -> list[str]:
    """The lines, without moments and trailing space."""
    return [_MOMENT.sub("<moment>", line.rstrip()) for line in output.strip().splitlines()]


class Shell:
    """A shell in an empty home, and the server that is started in it."""

    def __init__(self, home: Path, programs: Path) -> None:
        self._home, self._programs = home, programs
        self._port = _free_port()
        self._server: subprocess.Popen[str] | None = None
        self._log = threading.Thread()
        self._environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "COLUMNS": "80",
            "TRIPKIT_DATA_DIR": str(home / ".local/share/tripkit"),
            "TRIPKIT_SERVER__PORT": str(self._port),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "TRIPKIT_CLI__HINTS": "false",
            "TRIPKIT_SECURITY__ARGON2_MEMORY": "8192",
            "TRIPKIT_SECURITY__ARGON2_TIME": "1",
        }

    def __enter__(self) -> "Shell":
        self._install_programs()
        self._shell, self._screen = self._on_a_terminal("sh")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._shell.stdin
        self._shell.stdin.close()
        if self._server:
            self._server.terminate()
            assert self._server.wait(20) == 0
            self._log.join()
        self._shell.wait(20)
        self._screen.close()

    def put(self, name: str, script: str) -> None:
        """Let there be this program in the home."""
        (self._home / name).write_text(script.replace(SHOWN_URL, f"http://127.0.0.1:{self._port}"), "utf-8")

    def run(self, step: Step) -> str:
        """Run a command; its output as the page would show it."""
        real = self._serve() if step.command == "tripkit serve" else self._run(step.command)
        return real.replace(f"http://127.0.0.1:{self._port}", SHOWN_URL).replace(str(self._home), SHOWN_HOME)

    def _run(self, command: str) -> str:
        assert self._shell.stdin
        script = self._programs / "command.sh"
        script.write_text(command.replace(SHOWN_URL, f"http://127.0.0.1:{self._port}") + "\n")
        self._shell.stdin.write(f". {shlex.quote(str(script))} < /dev/null\nprintf '\\036\\n'\n")
        self._shell.stdin.flush()
        output = ""
        while not output.endswith(_END + "\n"):
            output += self._screen.readline()
        return output.removesuffix(_END + "\n")

    def _serve(self) -> str:
        assert self._server is None, "one server is enough"
        self._server, screen = self._on_a_terminal("tripkit", "serve")
        assert self._server.stdin
        self._server.stdin.close()
        said = "".join(_until("Stop with Ctrl-C.", screen))
        # Somebody has to read the log that follows, or the server would wait for it.
        self._log = threading.Thread(target=_read_to_the_end, args=(screen,))
        self._log.start()
        return said

    def _on_a_terminal(self, *command: str) -> tuple[subprocess.Popen[str], TextIO]:
        """Start a program that shows its output on a terminal; the program, and what is on its screen."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            command,
            env=self._environment,
            cwd=self._home,
            stdin=subprocess.PIPE,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            text=True,
        )
        os.close(theirs)
        return process, os.fdopen(ours, encoding="utf-8")

    def _install_programs(self) -> None:
        """Put what the page calls on the path, so that it is this tripkit, and no more is needed than Python."""
        curl = Path(__file__).with_name("curl.py")
        for name, arguments in {"tripkit": ["-m", "tripkit"], "curl": [str(curl)], "python3": []}.items():
            program = self._programs / name
            program.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, *arguments])} "$@"\n')
            program.chmod(0o755)


def _until(last: str, screen: TextIO) -> Iterator[str]:
    for line in screen:
        yield line
        if line.strip() == last:
            return


def _read_to_the_end(screen: TextIO) -> None:
    with screen, suppress(OSError):  # how the end of a terminal shows on Linux
        for _ in screen:
            pass


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
