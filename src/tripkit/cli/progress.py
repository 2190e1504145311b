"""How far long work has come, on standard error, for somebody who waits at a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tripkit.cli.output import Output

if TYPE_CHECKING:
    from rich.progress import Progress

#: Seconds in which most work is done, and nothing has to be shown.
PATIENCE: Final = 0.5


class Counter:
    """Counts what is done, and shows it once that takes long."""

    def __init__(self, what: str, total: int | None, *, is_shown: bool) -> None:
        self._what, self._total, self._is_shown = what, total, is_shown
        self._began = time.monotonic()
        self._done = 0
        self._bar: Progress | None = None

    def add(self, count: int = 1) -> None:
        """So many more are done."""
        self._done += count
        if not self._is_shown or time.monotonic() - self._began < PATIENCE:
            return
        if self._bar is None:
            self._bar = _bar()
            self._bar.start()
            self._bar.add_task(self._what, total=self._total)
        self._bar.update(self._bar.task_ids[0], completed=self._done)

    def stop(self) -> None:
        """Take it off the screen."""
        if self._bar is not None:
            self._bar.stop()


@contextmanager
def counted(out: Output, what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """What is called with how many are done, each time that some more are."""
    is_shown = not out.quiet and sys.stderr is not None and sys.stderr.isatty()
    counter = Counter(what, total, is_shown=is_shown)
    try:
        yield counter.add
    finally:
        counter.stop()


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
