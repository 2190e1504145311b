"""The migrations make exactly the tables of the models."""

import re
from collections.abc import Callable
from pathlib import Path

from playhouse.schema_diff import diff_models

from tripkit import models
from tripkit.bootstrap import Tripkit
from tripkit.database import SqliteEngine
from tripkit.migrations import HISTORY


def schema(db: SqliteEngine) -> dict[str, str]:
    """The SQL of everything in the database, by name; without the defaults of Python, spaces and the history."""
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'sqlite_%'")
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows if HISTORY not in sql}


def test_migrations_make_the_same_sql_as_the_models(tripkit: Tripkit, tmp_path: Path) -> None:
    modelled = SqliteEngine(tmp_path / "modelled.sqlite3")
    modelled.open()
    with modelled.database.bind_ctx(models.ALL):
        modelled.database.create_tables(models.ALL)
    expected = schema(modelled)
    modelled.close()
    assert {"users", "sessions", "plans", "plans_trashed_at"} <= set(expected)
    assert schema(tripkit.db) == expected


def test_nothing_differs_between_the_database_and_the_models(tripkit: Tripkit) -> None:
    with tripkit.db.database.bind_ctx(models.ALL):
        assert not diff_models(tripkit.db.database, list(models.ALL))


def test_every_model_is_in_the_list_of_models() -> None:
    def below(kind: type) -> set[type]:
        return {kind, *(found for sub in kind.__subclasses__() for found in below(sub))}

    tables = {kind for kind in below(models.Model) if kind.__module__.startswith("tripkit.models.")}
    assert tables - {models.Model} == set(models.ALL)


def test_every_index_is_used_for_what_it_is_made_for(tripkit: Tripkit, make_user: Callable[..., object]) -> None:
    make_user("ada")
    plan = tripkit.db.execute(
        "EXPLAIN QUERY PLAN SELECT * FROM plans WHERE owner_id = 1 AND trashed_at IS NULL "
        "ORDER BY updated_at DESC, id DESC LIMIT 20"
    ).fetchall()
    assert "USING INDEX" in plan[0][-1]
    assert not any("TEMP B-TREE" in step[-1] for step in plan)
