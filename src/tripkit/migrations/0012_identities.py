"""Who people are at sign-in providers, and the sign-ins that are under way."""

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

    class Identity(Base):
        id = IdField()
        user = peewee.ForeignKeyField(User, on_delete="CASCADE", index=False)
        provider = peewee.CharField(32)
        subject = peewee.CharField(255)
        email = peewee.CharField(254)
        created_at = InstantField()

        class Meta:
            table_name = "identities"
            indexes = ((("provider", "subject"), True), (("user", "provider"), True))

    class OAuthTicket(Base):
        id = IdField()
        digest = peewee.CharField(64, unique=True)
        purpose = peewee.CharField(20)
        payload = JSONTextField()
        expires_at = InstantField(index=True)

        class Meta:
            table_name = "oauth_tickets"

    db.create_tables([Identity, OAuthTicket])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("oauth_tickets"), migrator.drop_table("identities"))
