"""The migrations make exactly the tables of the models."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playhouse.schema_diff import diff_models

from tripkit import models
from tripkit.bootstrap import Tripkit
from tripkit.database import Engine, PostgresEngine, SqliteEngine
from tripkit.migrations import HISTORY

#: The table of full text, different on each database, which no model stands for.
FULL_TEXT = "search_words"

# Everything that tells one table of Postgres from another; the defaults of ids name their sequences.
ON_POSTGRES = {
    "columns": """
        SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale,
            is_nullable, column_default
        FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, column_name
    """,
    "indexes": "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY conname
    """,
}


def schema(db: Engine) -> dict[str, Any]:
    """The definition of all tables and indexes; without the defaults of Python, spaces and the history."""
    if isinstance(db, PostgresEngine):
        found = {kind: db.execute(sql).fetchall() for kind, sql in ON_POSTGRES.items()}
        return {kind: [row for row in rows if row[0] not in (HISTORY, FULL_TEXT)] for kind, rows in found.items()}
    rows = db.execute(
        "SELECT name, sql FROM sqlite_master "
        "WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'sqlite_%' AND type <> 'trigger'"
    )
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows if HISTORY not in sql and FULL_TEXT not in name}


@pytest.fixture
def modelled(tripkit: Tripkit, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database of the same kind as that of `tripkit`, with the tables that Peewee makes of the models."""
    engine: Engine
    if isinstance(tripkit.db, PostgresEngine):
        engine = PostgresEngine(request.getfixturevalue("postgres").empty())
    else:
        engine = SqliteEngine(tmp_path / "modelled.sqlite3")
    engine.open()
    with engine.database.bind_ctx(models.ALL):
        engine.database.create_tables(models.ALL)
    yield engine
    engine.close()


def test_migrations_make_the_same_schema_as_the_models(tripkit: Tripkit, modelled: Engine) -> None:
    expected = schema(modelled)
    for name in (
        "users",
        "sessions",
        "plans",
        "plans_trashed_at",
        "plans_published",
        "idempotency_keys",
        "rate_limits",
    ):
        assert name in str(expected)
    assert schema(tripkit.db) == expected


def test_nothing_differs_between_the_database_and_the_models(tripkit: Tripkit) -> None:
    with tripkit.db.database.bind_ctx(models.ALL):
        assert not diff_models(tripkit.db.database, list(models.ALL))


def test_every_model_is_in_the_list_of_models() -> None:
    def below(kind: type) -> set[type]:
        return {kind, *(found for sub in kind.__subclasses__() for found in below(sub))}

    tables = {kind for kind in below(models.Model) if kind.__module__.startswith("tripkit.models.")}
    assert tables - {models.Model} == set(models.ALL)


def test_the_index_of_plans_serves_lists_in_their_order(tripkit: Tripkit, make_user: Callable[..., object]) -> None:
    make_user("ada")
    explain = "EXPLAIN QUERY PLAN"
    if isinstance(tripkit.db, PostgresEngine):
        explain = "EXPLAIN"
        for other in ("seqscan", "bitmapscan", "sort"):  # they may be quicker for tables as small as this one
            tripkit.db.execute(f"SET enable_{other} = off")
    steps = tripkit.db.execute(
        f"{explain} SELECT * FROM plans WHERE owner_id = 1 AND trashed_at IS NULL "
        "ORDER BY updated_at DESC, id DESC LIMIT 20"
    ).fetchall()
    plan = " ".join(str(step[-1]) for step in steps)
    assert "owner_id_updated_at_id" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
