"""Commands run in-process on a database of their own; a few as real processes, some of them on a terminal."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.cli import output
from tripkit.cli.app import app
from tripkit.config import load
from tripkit.schemas.users import NewUser, UserOut
from tripkit.services.policy import OPERATOR

CTRL_C = "\x03"
Run = Callable[..., Result]
Answer = str | Callable[[str], str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing was configured, with cheap password hashes."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name, value in {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "share"),
        "COLUMNS": "80",
        "TRIPKIT_DATA_DIR": str(tmp_path / "data"),
        "TRIPKIT_SECURITY__ARGON2_MEMORY": "8192",
        "TRIPKIT_SECURITY__ARGON2_TIME": "1",
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.fixture
def run() -> Run:
    """Run a command; standard output is a pipe."""

    def call(*args: object, **options: Any) -> Result:
        return CliRunner().invoke(app, [str(arg) for arg in args], prog_name="tripkit", **options)

    return call


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let standard output pass for a terminal of 80 columns."""
    monkeypatch.setattr(output, "is_terminal", lambda: True)


@pytest.fixture
def tripkit() -> Any:
    """The services on the same database."""
    services = open_tripkit(load().settings)
    services.upgrade_database()
    yield services
    services.close()


@pytest.fixture
def person(tripkit: Tripkit, password: str) -> Callable[..., UserOut]:
    """Make an account."""

    def make(username: str, **fields: Any) -> UserOut:
        form = NewUser(email=f"{username}@example.org", username=username, password=password, **fields)
        return tripkit.administration.create(OPERATOR, form)

    return make


@pytest.fixture
def ada(person: Callable[..., UserOut]) -> UserOut:
    return person("ada")


@pytest.fixture
def process() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run the program as a process of its own."""

    def call(*args: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "tripkit", *args]
        return subprocess.run(command, capture_output=True, timeout=60, check=False, **options)

    return call


#: Whatever runs in the background ignores Ctrl-C, and so would what it starts.
_ON_A_TERMINAL = (
    "import os, pty, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
)


@pytest.fixture
def converse() -> Callable[..., tuple[int, str]]:
    """Run the program on a terminal, give each answer when its question is shown; the exit code and the screen.

    An answer that depends on what was shown is a function of the screen.
    """

    def call(*args: str, answers: Sequence[tuple[str, Answer]] = ()) -> tuple[int, str]:
        command = [sys.executable, "-c", _ON_A_TERMINAL, sys.executable, "-m", "tripkit", *args]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as child:
            assert child.stdin
            assert child.stdout
            screen, read_to = b"", 0
            try:
                for question, answer in answers:
                    while (found := screen.find(question.encode(), read_to)) < 0:
                        part = os.read(child.stdout.fileno(), 4096)
                        assert part, f"{question!r} was not asked: {screen.decode()}"
                        screen += part
                    read_to = found + len(question.encode())
                    if answer == CTRL_C:
                        time.sleep(0.5)  # a signal just before Python begins to read would wait for the next key
                    child.stdin.write((answer(screen.decode()) if callable(answer) else answer).encode())
                while part := os.read(child.stdout.fileno(), 4096):
                    screen += part
                child.stdin.close()
            except BaseException:
                child.kill()
                raise
        return child.returncode, screen.decode().replace("\r\n", "\n")

    return call
