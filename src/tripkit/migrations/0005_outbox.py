"""Mail that waits to be sent."""

import peewee

from tripkit.database.fields import IdField, InstantField


def up(migrator, db):
    class OutboxMessage(peewee.Model):
        id = IdField()
        content = peewee.TextField()
        give_up_at = InstantField()
        due_at = InstantField(index=True)
        attempts = peewee.IntegerField()
        handed_over_at = InstantField(null=True)
        problem = peewee.CharField(500)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "outbox"

    db.create_tables([OutboxMessage])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("outbox"))
