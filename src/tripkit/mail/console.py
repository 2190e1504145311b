"""The default: messages are printed to standard error, where whoever runs the server can read them."""

import re
import sys
from collections.abc import Callable
from typing import Final

from tripkit.config import Mail
from tripkit.mail.base import Message
from tripkit.mail.compose import subject

_RULE: Final = "-" * 78
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class ConsoleMailer:
    """Prints messages."""

    def __init__(self, options: Mail) -> None:
        self._options = options

    def send(self, message: Message, *, handing_over: Callable[[], None] | None = None) -> None:
        """Print it, in one piece."""
        if handing_over:
            handing_over()
        head = [f"To: {message.to}", f"Subject: {subject(message, self._options)}", ""]
        lines = [*head, *message.text.splitlines()]
        shown = "\n".join([_RULE, *map(_shown, lines), _RULE])
        print(shown, file=sys.stderr, flush=True)


def _shown(line: str) -> str:
    """Nothing steers the terminal."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", line)
