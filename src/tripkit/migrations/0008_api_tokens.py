"""API tokens, and when a session was last given a password or a code."""

import peewee

from tripkit.database.fields import IdField, InstantField


def up(migrator, db):
    class Base(peewee.Model):
        class Meta:
            database = db
            legacy_table_names = False

    class User(Base):
        id = IdField()

        class Meta:
            table_name = "users"

    class ApiToken(Base):
        id = IdField()
        digest = peewee.CharField(64, unique=True)
        user = peewee.ForeignKeyField(User, on_delete="CASCADE")
        name = peewee.CharField(100)
        scopes = peewee.CharField(200)
        created_at = InstantField()
        expires_at = InstantField(null=True)
        last_used_at = InstantField(null=True)

        class Meta:
            table_name = "api_tokens"

    db.create_tables([ApiToken])
    migrator.migrate(migrator.add_column("sessions", "authenticated_at", InstantField(null=True)))


def down(migrator, db):
    migrator.migrate(migrator.drop_table("api_tokens"), migrator.drop_column("sessions", "authenticated_at"))
