"""What options with dates say: natural dates as ISO 8601, and a line that tells what was understood."""

from contextlib import suppress
from datetime import date, datetime

from tripkit.cli.natural_dates import Understood, understand
from tripkit.cli.output import Output
from tripkit.errors import ValidationFailed


class Dates:
    """Reads the options of one command."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._today = datetime.now().astimezone().date()

    def day(self, text: str | None, *, since: str | None = None) -> str | None:
        """A day; what is not understood is left to the rules for dates. `+3d` is counted from `since`."""
        found = self._understand(text, since)
        return text if found is None or found.clock is not None else self._told(text, found)

    def period(self, first: str | None, last: str | None) -> tuple[str | None, str | None]:
        """Two days; in the second, `+3d` is counted from the first."""
        first = self.day(first)
        return first, self.day(last, since=first)

    def time(
        self, field: str, text: str | None, zone: str | None, *, since: str | None = None
    ) -> tuple[str | None, str | None]:
        """A day or a time of day, and its zone, which the text or the option for it may name."""
        found = self._understand(text, since)
        if found is None:
            return text, zone
        if found.zone and zone and found.zone.casefold() != zone.casefold():
            raise ValidationFailed({field: [f"names the time zone {found.zone}, and another option {zone}. Give one."]})
        return self._told(text, found), found.zone or zone

    def _understand(self, text: str | None, since: str | None) -> Understood | None:
        day = None
        with suppress(ValueError):
            day = date.fromisoformat((since or "")[:10])
        return understand(text, self._today, since=day) if text else None

    def _told(self, text: str | None, found: Understood) -> str:
        if text is None or text.strip().replace(" ", "T", 1) != found.text:
            self._out.tell(f'Took "{text}" for {found}.')
        return found.text
