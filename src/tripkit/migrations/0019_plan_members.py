"""Members of plans, and invitations to become one."""

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

    class Plan(Base):
        id = IdField()

        class Meta:
            table_name = "plans"

    class PlanMember(Base):
        id = IdField()
        plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", index=False)
        user = peewee.ForeignKeyField(User, on_delete="CASCADE", null=True, index=False)
        role = peewee.CharField(10)
        invited_by = peewee.ForeignKeyField(User, on_delete="SET NULL", null=True, index=False)
        created_at = InstantField()
        offered_at = InstantField(null=True)
        email = peewee.CharField(254, null=True)
        email_key = peewee.CharField(320, null=True)
        digest = peewee.CharField(64, null=True, unique=True)
        expires_at = InstantField(null=True)

        class Meta:
            table_name = "plan_members"
            indexes = ((("user", "plan"), True), (("plan", "email_key"), True))

    by_address, by_inviter = PlanMember.email_key, PlanMember.invited_by
    PlanMember.add_index(
        PlanMember.index(by_address, name="plan_members_invited", where=by_address.is_null(False)),
    )
    PlanMember.add_index(
        PlanMember.index(by_inviter, name="plan_members_inviter", where=by_inviter.is_null(False)),
    )
    db.create_tables([PlanMember])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("plan_members"))
