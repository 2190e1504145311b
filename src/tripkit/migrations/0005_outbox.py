"""Mail that waits to be sent."""

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

    class OutboxMessage(Base):
        id = IdField()
        user = peewee.ForeignKeyField(User, null=True, on_delete="CASCADE")
        content = peewee.TextField()
        give_up_at = InstantField()
        due_at = InstantField(index=True)
        attempts = peewee.IntegerField()
        handed_over_at = InstantField(null=True)
        problem = peewee.CharField(500)

        class Meta:
            table_name = "outbox"

    db.create_tables([OutboxMessage])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("outbox"))
