"""Idempotency keys."""

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

    class IdempotencyKey(Base):
        id = IdField()
        user = peewee.ForeignKeyField(User, on_delete="CASCADE", index=False)
        route = peewee.CharField(255)
        key = peewee.CharField(255)
        fingerprint = peewee.CharField(64)
        answer = JSONTextField(null=True)
        created_at = InstantField(index=True)

        class Meta:
            table_name = "idempotency_keys"
            indexes = ((("user", "route", "key"), True),)

    db.create_tables([IdempotencyKey])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("idempotency_keys"))
