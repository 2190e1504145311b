"""Tokens that are sent to people and used once."""

import peewee

from tripkit.database.fields import IdField, InstantField, JSONTextField


def up(migrator, db):
    class Base(peewee.Model):
        class Meta:
            database = db
            legacy_table_names = False

    class User(Base):
        id = IdField()

        class Meta:
            table_name = "users"

    class OneTimeToken(Base):
        id = IdField()
        digest = peewee.CharField(64, unique=True)
        purpose = peewee.CharField(40)
        user = peewee.ForeignKeyField(User, on_delete="CASCADE")
        payload = JSONTextField()
        created_at = InstantField()
        expires_at = InstantField(index=True)

        class Meta:
            table_name = "one_time_tokens"

    db.create_tables([OneTimeToken])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("one_time_tokens"))
