"""Users, sessions and plans."""

import peewee

from tripkit.database.fields import DateField, IdField, InstantField, JSONTextField, MoneyField


def up(migrator, db):
    class Base(peewee.Model):
        class Meta:
            database = db
            legacy_table_names = False

    class User(Base):
        id = IdField()
        email = peewee.CharField(254)
        email_key = peewee.CharField(320, unique=True)
        username = peewee.CharField(30)
        username_key = peewee.CharField(30, unique=True)
        first_name = peewee.CharField(150)
        last_name = peewee.CharField(150)
        password_hash = peewee.CharField(255, null=True)
        is_active = peewee.BooleanField()
        is_verified = peewee.BooleanField()
        is_admin = peewee.BooleanField()
        date_joined = InstantField()

        class Meta:
            table_name = "users"

    class Session(Base):
        id = IdField()
        user = peewee.ForeignKeyField(User, on_delete="CASCADE")
        current_jti = peewee.CharField(32)
        parent_jti = peewee.CharField(32, null=True)
        rotated_at = InstantField(null=True)
        created_at = InstantField()
        refresh_until = InstantField()
        expires_at = InstantField(index=True)
        ended_at = InstantField(null=True)
        client = peewee.CharField(64)
        device = peewee.CharField(200)

        class Meta:
            table_name = "sessions"

    class Plan(Base):
        id = IdField()
        owner = peewee.ForeignKeyField(User, on_delete="CASCADE", index=False)
        title = peewee.CharField(200)
        destination = peewee.CharField(100)
        description = peewee.TextField()
        start_date = DateField(null=True)
        end_date = DateField(null=True)
        budget = MoneyField(null=True)
        currency = peewee.CharField(3, constraints=[peewee.SQL("DEFAULT 'EUR'")])
        status = peewee.CharField(10, constraints=[peewee.SQL("DEFAULT 'draft'")])
        plan_data = JSONTextField(constraints=[peewee.SQL("DEFAULT '{}'")])
        tags = JSONTextField(constraints=[peewee.SQL("DEFAULT '[]'")])
        timezone = peewee.CharField(64, null=True)
        version = peewee.IntegerField(constraints=[peewee.SQL("DEFAULT 1")])
        created_at = InstantField()
        updated_at = InstantField()
        trashed_at = InstantField(null=True)

        class Meta:
            table_name = "plans"
            indexes = ((("owner", "updated_at", "id"), False),)

    trashed = Plan.trashed_at.is_null(False)
    Plan.add_index(Plan.index(Plan.trashed_at, name="plans_trashed_at", where=trashed))
    db.create_tables([User, Session, Plan])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("plans"), migrator.drop_table("sessions"), migrator.drop_table("users"))
