"""Counters of rate limits."""

import peewee

from tripkit.database.fields import IdField, InstantField


def up(migrator, db):
    class Base(peewee.Model):
        class Meta:
            database = db
            legacy_table_names = False

    class RateLimit(Base):
        id = IdField()
        name = peewee.CharField(255, unique=True)
        count = peewee.IntegerField()
        ends_at = InstantField(index=True)

        class Meta:
            table_name = "rate_limits"

    class RateLimitReset(Base):
        id = IdField()
        key = peewee.CharField(255)

        class Meta:
            table_name = "rate_limit_resets"

    db.create_tables([RateLimit, RateLimitReset])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("rate_limits"), migrator.drop_table("rate_limit_resets"))
