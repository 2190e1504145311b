import peewee

from tripkit.database.fields import IdField, InstantField
from tripkit.models.base import Model
from tripkit.models.plan import Plan
from tripkit.models.user import User


class PlanMember(Model):
    """Somebody whom the owner of a plan let into it, or an invitation, which lets nobody in yet: that has no user."""

    id = IdField()
    plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", backref="members", index=False)
    user = peewee.ForeignKeyField(User, on_delete="CASCADE", null=True, backref="memberships", index=False)
    #: `viewer` or `editor`; the owner stands in the plan.
    role = peewee.CharField(10)
    invited_by = peewee.ForeignKeyField(User, on_delete="SET NULL", null=True, index=False)
    created_at = InstantField()
    #: When the owner offered the plan itself to this member; null for all others.
    offered_at = InstantField(null=True)
    #: Of an invitation: the address that it was mailed to, as it was written and as it is compared.
    email = peewee.CharField(254, null=True)
    email_key = peewee.CharField(320, null=True)
    #: Of an invitation: SHA-256 of the token in the mail.
    digest = peewee.CharField(64, null=True, unique=True)
    #: Of an invitation: from when on it is worth nothing.
    expires_at = InstantField(null=True)

    class Meta:
        table_name = "plan_members"
        # Who has a user or an address is there once, and both serve for finding the plans or the members as well.
        indexes = ((("user", "plan"), True), (("plan", "email_key"), True))


# For an account that verifies its address.
PlanMember.add_index(
    PlanMember.index(PlanMember.email_key, name="plan_members_invited", where=PlanMember.email_key.is_null(False))
)
# The database looks for it when an account is deleted.
PlanMember.add_index(
    PlanMember.index(PlanMember.invited_by, name="plan_members_inviter", where=PlanMember.invited_by.is_null(False))
)
