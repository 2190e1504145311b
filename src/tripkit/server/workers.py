"""Several server processes on one socket."""

import multiprocessing
import signal
import socket
import threading
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Semaphore
from typing import Any, Final

from tripkit.config import Settings
from tripkit.errors import CannotServe
from tripkit.server.process import serve_one

#: Seconds between two looks at whether a process that starts is still there.
_PATIENCE: Final = 0.2


def serve_many(settings: Settings, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve in `server.workers` processes until a signal comes; when one of them dies, all stop.

    Raises `CannotServe` when a process died: whoever supervises this one should start it again.
    """
    context = multiprocessing.get_context("spawn")
    started = context.Semaphore(0)
    stopping = threading.Event()
    # Ctrl-C reaches every process of the terminal's group; only this one acts on it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    processes = [
        context.Process(target=_worker, args=(settings, listener, started, number))
        for number in range(settings.server.workers)
    ]
    for process in processes:
        process.start()

    def stop(*_: Any) -> None:
        stopping.set()
        for process in processes:
            process.terminate()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    if _all_started(processes, started):
        ready()
    wait([process.sentinel for process in processes])
    died = not stopping.is_set()
    stop()
    for process in processes:
        process.join()
    if died:
        raise CannotServe("A server process ended unexpectedly, so all were stopped. The log above says more.")


def _all_started(processes: list[SpawnProcess], started: Semaphore) -> bool:
    for _ in processes:
        while not started.acquire(timeout=_PATIENCE):
            if not all(process.is_alive() for process in processes):
                return False
    return True


def _worker(settings: Settings, listener: socket.socket, started: Semaphore, number: int) -> None:
    """The first of the processes looks after the database file."""
    serve_one(settings, listener, lambda: started.release(), first_process=number == 0)
