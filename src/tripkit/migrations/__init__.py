"""The history of the schema. Each `NNNN_name.py` holds frozen models; `playhouse.migrations` runs them."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from peewee import DatabaseError as DriverError

from tripkit.database import Engine
from tripkit.errors import DatabaseError, DatabaseUnavailable, NotFound, SchemaMismatch

if TYPE_CHECKING:
    from playhouse.migrations import Runner

DIRECTORY: Final = Path(__file__).parent
HISTORY: Final = "schema_migration"
_BLANK: Final = '''\
"""{name}."""


def up(migrator, db):
    """Frozen models and `migrator.migrate(...)` belong here: never the models of today."""


def down(migrator, db):
    """The way back."""
'''


class Migration(msgspec.Struct, frozen=True):
    """One step: `applied` is when it was run here, or None; `known` is false when this program has no such file."""

    name: str
    applied: datetime | None
    known: bool


class Migrations:
    """The schema of one database: what was applied, what is pending, and how to get there."""

    def __init__(self, db: Engine, directory: Path = DIRECTORY) -> None:
        self._db, self._directory = db, directory

    def status(self) -> list[Migration]:
        """Every step, known to the program or to the database, in order."""
        return [Migration(name=m.name, applied=m.applied, known=m.path is not None) for m in self._runner().status()]

    def pending(self) -> list[str]:
        """The steps that are still to be run; raises `SchemaMismatch` when the database is newer than the program."""
        if self._is_current():
            return []
        found = self.status()
        if unknown := [each.name for each in found if not each.known]:
            raise SchemaMismatch(
                f"The database was upgraded by a newer tripkit (it has {', '.join(unknown)}). "
                "Install that version or a later one; this one changes nothing."
            )
        return [each.name for each in found if each.applied is None]

    def require_current(self) -> None:
        """Raise `SchemaMismatch`, which names the remedy, unless the schema is this program's."""
        if pending := self.pending():
            is_new = not any(step.applied for step in self.status())
            what = "has no tables yet" if is_new else f"lacks {', '.join(pending)}"
            raise SchemaMismatch(
                f"The database {self._db.name} {what}. Run `tripkit db upgrade` (or `tripkit serve --migrate`)."
            )

    def upgrade(self, target: str | None = None) -> list[str]:
        """Run what is pending, up to and including `target`; returns the names."""
        with self._db.exclusive():
            self.pending()
            return self._steps(self._runner().up, target)

    def downgrade(self, target: str | None = None) -> list[str]:
        """Revert the last step, or every step back through `target`; returns the names."""
        with self._db.exclusive():
            self.pending()
            return self._steps(self._runner().down, target)

    def create(self, name: str) -> Path:
        """Write an empty step; returns its path."""
        return Path(self._runner().create(name, body=_BLANK.format(name=name)))

    def _is_current(self) -> bool:
        """Whether exactly our steps were applied: one query, without the runner, which is slow to load."""
        self._db.execute("SELECT 1")  # finds a lost connection again, which Peewee alone does not
        if not self._db.database.table_exists(HISTORY):
            return False
        applied = self._db.execute(f'SELECT name FROM "{HISTORY}"').fetchall()  # noqa: S608  a constant
        return {name for (name,) in applied} == {path.stem for path in self._directory.glob("[0-9]*.py")}

    def _steps(self, run: object, target: str | None) -> list[str]:
        from playhouse.migrations import MigrationError

        try:
            return list(run(target))  # type: ignore[operator]
        except MigrationError as error:
            if target is None:
                raise DatabaseError(f"{error}") from None
            known = ", ".join(each.name for each in self.status())
            raise NotFound("migration", f"{target!r} to go to ({error} Known: {known})") from None
        except DriverError as error:
            reason = " ".join(str(error).split())  # that of Postgres has several lines
            raise DatabaseUnavailable(
                f"The schema cannot be changed now: {reason}. The step was undone; try again."
            ) from error

    def _runner(self) -> "Runner":
        from playhouse.migrations import Runner

        return Runner(self._db.database, str(self._directory), table_name=HISTORY)
