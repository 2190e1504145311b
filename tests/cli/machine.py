"""A machine on which commands are run in-process, where the time stands still and nothing else is configured."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from typer.testing import CliRunner, Result

from tripkit.bootstrap import open_tripkit
from tripkit.cli import output
from tripkit.cli.app import app

BEGINNING: Final = datetime(2027, 3, 1, 9, tzinfo=UTC)
PASSWORD: Final = "wander far and wide"
_MASKS: Final = (
    (r"tripkit_pat_\w+", "tripkit_pat_…"),
    (r"/s/[\w-]{22}", "/s/…"),
    (r'"token":"[\w-]+"', '"token":"…"'),
    (r"token=[\w-]+", "token=…"),
    (r"\b[A-Z2-7]{32}\b", "S3CRET"),
    (r"\b[a-z2-7]{6}(-[a-z2-7]{6}){3}\b", "recove-rycode"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:8000"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "uid"),
    (r"[0-9a-f]{32}@tripkit|[0-9a-f]{32,64}", "hex"),
    (r"^[\w-]{43}$", "token-of-the-invitation"),
)


class Machine:
    """Runs commands: `machine.run("plan", "list")` in a pipe, `machine.screen(80, "plan", "list")` on a terminal."""

    def __init__(self, home: Path) -> None:
        self.home = home
        #: What its clock shows.
        self.now = BEGINNING
        self._on_terminal = False
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "TZ": "UTC",
            "PAGER": "cat",
            "TRIPKIT_DATA_DIR": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "TRIPKIT_SECURITY__ARGON2_MEMORY": "8192",
            "TRIPKIT_SECURITY__ARGON2_TIME": "1",
            "TRIPKIT_CLIENT__KEYRING": "false",
        }

    @contextmanager
    def running(self) -> Iterator["Machine"]:
        """While this lasts, commands run here, whatever runs the tests."""
        here = Path.cwd()
        with ExitStack() as stack:
            stack.enter_context(patch.dict(os.environ, self.environment, clear=True))
            stack.enter_context(patch.dict(open_tripkit.__kwdefaults__, {"clock": lambda: self.now}))
            stack.enter_context(patch("tripkit.services.clock.utc_now", lambda: self.now))
            stack.enter_context(patch.object(output, "is_terminal", lambda: self._on_terminal))
            stack.callback(os.chdir, here)
            os.chdir(self.home)
            time.tzset()
            yield self
        time.tzset()

    def later(self) -> None:
        """A minute passes."""
        self.now += timedelta(minutes=1)

    def run(self, *words: str, text: str | None = None, **env: str) -> Result:
        """Run a command in a pipe."""
        with patch.dict(os.environ, env):
            return CliRunner().invoke(app, list(words), prog_name="tripkit", input=text)

    def screen(self, width: int, *words: str, text: str | None = None, **env: str) -> Result:
        """Run it on a terminal of so many columns."""
        self._on_terminal = True
        try:
            return self.run(*words, text=text, COLUMNS=str(width), LINES="50", **env)
        finally:
            self._on_terminal = False

    def do(self, *words: str, text: str | None = None) -> Result:
        """Run what has to work."""
        done = self.run(*words, text=text)
        assert done.exit_code == 0, (words, done.output, done.exception)
        self.later()
        return done

    def masked(self, shown: str) -> str:
        """What is different at each run, made the same."""
        found = shown.replace(str(self.home), "/home/ada")
        for pattern, instead in _MASKS:
            found = re.sub(pattern, instead, found, flags=re.MULTILINE)
        return found

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens to files meanwhile is undone."""
        kept = self.home.parent / f"{self.home.name}.kept"
        shutil.copytree(self.home, kept)
        try:
            yield
        finally:
            for each in self.home.iterdir():
                shutil.rmtree(each) if each.is_dir() else each.unlink()
            shutil.copytree(kept, self.home, dirs_exist_ok=True)
            shutil.rmtree(kept)


def golden_trip(machine: Machine) -> None:
    """Ada, and the golden trip as her plan 1."""
    import json

    from .. import golden

    machine.do("init", "--email", "ada@example.org", "--username", "ada", "--password-stdin", text=PASSWORD)
    plan: dict[str, Any] = golden.PLAN | {"tags": ["spring", "trains"]}
    machine.do("plan", "new", "-", text=json.dumps(plan))
    for base, quote, rate in golden.RATES:
        machine.do("plan", "rate", "1", base, quote, rate)
    machine.do("item", "add", "1", "-", text=json.dumps(golden.ITEMS))
