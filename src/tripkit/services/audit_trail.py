"""Reading the audit trail: pages, everything, and whether all of it is as it was recorded (see `audit`)."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Final

import peewee

from tripkit.database import Engine, Param, Statement
from tripkit.models import AuditEvent
from tripkit.schemas.audit import AuditCheck, AuditEntry, AuditPage, AuditQuery, AuditRow
from tripkit.schemas.users import Actor
from tripkit.security.keys import KeyRing
from tripkit.services import policy
from tripkit.services.audit import COLUMNS, HEAD, PURPOSE, mac_of, seal_of
from tripkit.services.cursors import Cursors

#: Of the cursors of the list.
SCOPE: Final = "audit"
#: Rows that are read at once.
BATCH: Final = 500
_BEYOND: Final = 2**63 - 1
_FILTERS: Final[dict[str, Callable[[], peewee.Expression]]] = {
    "user": lambda: (AuditEvent.actor == Param("user")) | (AuditEvent.subject == Param("user")),
    "event": lambda: AuditEvent.event == Param("event"),
    "since": lambda: AuditEvent.at >= Param("since"),
}
_UNKNOWN_KEY: Final = (
    "Row {row.id} was sealed with a key that is not known here (its id is {row.key}). Add that key to "
    "security.previous_keys; if there never was such a key, somebody made the row up."
)
#: Without holding it, as whoever appends does.
END: Final = Statement(HEAD.build, HEAD.record)


class AuditTrail:
    """Shows and checks what was recorded."""

    def __init__(self, db: Engine, keys: KeyRing, cursors: Cursors) -> None:
        self.db = db
        self._keys, self._cursors = keys, cursors

    def page(self, actor: Actor, query: AuditQuery) -> AuditPage:
        """One page, newest first."""
        policy.require_admin(actor)
        before = self._cursors.read(SCOPE, query.cursor)[0] if query.cursor is not None else _BEYOND
        found = _newest(_filters(query)).all(self.db, **_values(query), before=before, limit=query.limit + 1)
        results = found[: query.limit]
        more = len(found) > query.limit
        return AuditPage(results, self._cursors.write(SCOPE, results[-1].id) if more else None)

    def each(self, actor: Actor, query: AuditQuery) -> Iterator[AuditRow]:
        """Every row, oldest first; the limit and the cursor of the query do not count."""
        policy.require_admin(actor)
        after = 0
        while rows := _oldest(_filters(query)).all(self.db, **_values(query), after=after, limit=BATCH):
            yield from rows
            after = rows[-1].id

    def verify(self, actor: Actor, followed: Callable[[int], None] = lambda _: None) -> AuditCheck:
        """Follow the chain from the first row to the last; stops at the first that is not as it was recorded.

        `followed` is called with how many more rows are right, from time to time.
        """
        policy.require_admin(actor)
        last, seal = 0, ""
        while True:
            before = last
            for row in self._after(last):
                if row is None:
                    return AuditCheck(False, last, f"Row {last + 1} was changed: it cannot even be read.")
                if row.id != last + 1:
                    return AuditCheck(False, last, f"Row {last + 1} is missing.")
                if (key := self._keys.find(PURPOSE, row.key)) is None:
                    return AuditCheck(False, last, _UNKNOWN_KEY.format(row=row))
                if row.mac != mac_of(key, seal, _entry(row)):
                    return AuditCheck(False, last, f"Row {row.id} was changed, or is not the one that was recorded.")
                last, seal = row.id, seal_of(key, row.mac)
            followed(last - before)
            end, end_seal = END.one(self.db) or (0, "")
            if end > last and self._after(last):
                continue  # more was recorded meanwhile
            if end > last:
                return AuditCheck(False, last, f"Row {last + 1} is missing, and all after it: the last one was {end}.")
            if (end, end_seal) != (last, seal):
                return AuditCheck(False, last, f"The head of the trail was changed: the last row there is, is {last}.")
            return AuditCheck(True, last)

    def _after(self, last: int) -> Sequence[AuditRow | None]:
        """Some rows from here on; None for one that holds what nobody could have recorded."""
        try:
            return _oldest(()).all(self.db, after=last, limit=BATCH)
        except (ValueError, TypeError):
            pass
        try:
            return _oldest(()).all(self.db, after=last, limit=1)
        except (ValueError, TypeError):
            return [None]


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(*(getattr(row, name) for name in AuditEntry.__struct_fields__))


def _filters(query: AuditQuery) -> tuple[str, ...]:
    return tuple(name for name in _FILTERS if getattr(query, name) is not None)


def _values(query: AuditQuery) -> dict[str, Any]:
    return {name: getattr(query, name) for name in _filters(query)}


@cache
def _newest(filters: tuple[str, ...]) -> Statement[AuditEntry]:
    def build() -> peewee.Query:
        return _where(filters, AuditEvent.select(*COLUMNS), AuditEvent.id < Param("before"), AuditEvent.id.desc())

    return Statement(build, record=AuditEntry)


@cache
def _oldest(filters: tuple[str, ...]) -> Statement[AuditRow]:
    def build() -> peewee.Query:
        rows = AuditEvent.select(*COLUMNS, AuditEvent.key, AuditEvent.mac)
        return _where(filters, rows, AuditEvent.id > Param("after"), AuditEvent.id)

    return Statement(build, record=AuditRow)


def _where(filters: tuple[str, ...], rows: peewee.Query, place: Any, order: Any) -> peewee.Query:
    for name in filters:
        place &= _FILTERS[name]()
    return rows.where(place).order_by(order).limit(Param("limit"))
