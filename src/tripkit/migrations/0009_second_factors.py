"""Second factors and their recovery codes."""

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

    class SecondFactor(Base):
        id = IdField()
        user = peewee.ForeignKeyField(User, on_delete="CASCADE", unique=True)
        sealed = peewee.CharField(255)
        key = peewee.CharField(16)
        confirmed_at = InstantField(null=True)
        last_step = peewee.BigIntegerField()
        failures = peewee.IntegerField()
        failed_at = InstantField(null=True)

        class Meta:
            table_name = "second_factors"

    class RecoveryCode(Base):
        id = IdField()
        user = peewee.ForeignKeyField(User, on_delete="CASCADE")
        digest = peewee.CharField(64)

        class Meta:
            table_name = "recovery_codes"

    db.create_tables([SecondFactor, RecoveryCode])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("recovery_codes"), migrator.drop_table("second_factors"))
