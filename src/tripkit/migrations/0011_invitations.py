"""Accounts whose people have not accepted their invitation yet."""

from tripkit.database.fields import InstantField


def up(migrator, db):
    migrator.migrate(migrator.add_column("users", "invited_at", InstantField(null=True)))


def down(migrator, db):
    migrator.migrate(migrator.drop_column("users", "invited_at"))
