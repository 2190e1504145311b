"""The audit trail."""

import peewee

from tripkit.database.fields import IdField, InstantField, JSONTextField


def up(migrator, db):
    class Base(peewee.Model):
        class Meta:
            database = db
            legacy_table_names = False

    class AuditEvent(Base):
        id = IdField()
        at = InstantField(index=True)
        event = peewee.CharField(40)
        refused = peewee.CharField(200, default="")
        actor = peewee.BigIntegerField(null=True)
        subject = peewee.BigIntegerField(null=True, index=True)
        via = peewee.CharField(40, default="")
        client = peewee.CharField(64, default="")
        request = peewee.CharField(64, default="")
        details = JSONTextField()
        key = peewee.CharField(16)
        mac = peewee.CharField(64)

        class Meta:
            table_name = "audit_events"

    class AuditHead(Base):
        id = IdField()
        last = peewee.BigIntegerField()
        mac = peewee.CharField(64)

        class Meta:
            table_name = "audit_head"

    db.create_tables([AuditEvent, AuditHead])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("audit_events"), migrator.drop_table("audit_head"))
