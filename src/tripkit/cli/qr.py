"""QR codes on a terminal."""

import io

import segno
from rich.console import Console
from rich.text import Text


def print_qr(text: str) -> None:
    """Print `text` as a QR code: light on dark, whatever the colours of the terminal are."""
    drawn = io.StringIO()
    segno.make(text, micro=False, error="l").terminal(out=drawn, border=2, compact=True)
    code = Text(drawn.getvalue().rstrip("\n"), style="bright_white on black", no_wrap=True, overflow="ignore")
    Console(highlight=False).print(code, crop=False)
