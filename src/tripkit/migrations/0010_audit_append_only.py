"""The audit trail takes no changes and no deletions. (Whoever removes this guard still cannot mend the chain.)"""

import peewee

WHAT = "the audit trail is append-only"
ON_SQLITE = [
    f"CREATE TRIGGER audit_events_{change.lower()} BEFORE {change} ON audit_events "
    f"BEGIN SELECT RAISE(ABORT, '{WHAT}'); END"
    for change in ("UPDATE", "DELETE")
]
ON_POSTGRES = [
    "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{WHAT}'; END $$",
    "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
]


def up(migrator, db):
    for statement in ON_SQLITE if isinstance(db, peewee.SqliteDatabase) else ON_POSTGRES:
        db.execute_sql(statement)


def down(migrator, db):
    if isinstance(db, peewee.SqliteDatabase):
        db.execute_sql("DROP TRIGGER audit_events_update")
        db.execute_sql("DROP TRIGGER audit_events_delete")
    else:
        db.execute_sql("DROP TRIGGER audit_append_only ON audit_events")
        db.execute_sql("DROP FUNCTION audit_append_only()")
