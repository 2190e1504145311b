"""Who else is in plans on a server, and the links to them."""

from tripkit.client.resource import Resource, at
from tripkit.schemas.members import (
    MemberIn,
    MemberList,
    MemberOut,
    MemberPatch,
    PlanInvitation,
    PlanInvitationList,
    SharingOut,
    TransferIn,
)
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.share_links import (
    NewShareLink,
    ShareLinkIn,
    ShareLinkList,
    ShareLinkOut,
    ShareLinkPatch,
    ShareViewList,
)


class ShareLinks(Resource):
    """Links through which people without an account read a plan."""

    def all(self, plan_id: int) -> ShareLinkList:
        """The links of a plan, the newest first."""
        return self._http.read(at("plans", plan_id, "share", "links"), ShareLinkList)

    def get(self, plan_id: int, link_id: int) -> ShareLinkOut:
        """One link; raises `NotFound`."""
        return self._http.read(_link(plan_id, link_id), ShareLinkOut)

    def views(self, plan_id: int, link_id: int) -> ShareViewList:
        """Who looked at a link, roughly."""
        return self._http.read(at("plans", plan_id, "share", "links", link_id, "views"), ShareViewList)

    def create(self, plan_id: int, form: ShareLinkIn) -> NewShareLink:
        """A new link, whose address is not shown again.

        It is not repeated when the answer is lost: look at `all()` then.
        """
        return self._http.write("POST", at("plans", plan_id, "share", "links"), NewShareLink, form)

    def edit(self, plan_id: int, link_id: int, patch: ShareLinkPatch) -> ShareLinkOut:
        """Change the fields that were given; it acts at once."""
        return self._http.write("PATCH", _link(plan_id, link_id), ShareLinkOut, patch)

    def revoke(self, plan_id: int, link_id: int) -> ShareLinkOut:
        """A link is worth nothing from now on; what it was."""
        link = self.get(plan_id, link_id)
        self._http.tell("DELETE", _link(plan_id, link_id))
        return link


class PlanMembers(Resource):
    """Members of plans, and who is invited."""

    def sharing(self, plan_id: int) -> SharingOut:
        """Who has access to a plan, and by which links."""
        return self._http.read(at("plans", plan_id, "share"), SharingOut)

    def all(self, plan_id: int) -> list[MemberOut]:
        """Everybody in a plan but its owner; the owner sees invitations as well."""
        return self._http.read(at("plans", plan_id, "share", "members"), MemberList).results

    def invite(self, plan_id: int, form: MemberIn) -> MemberOut:
        """Let somebody into a plan, or invite them by mail. Raises `Conflict` for who is there already."""
        return self._http.create(at("plans", plan_id, "share", "members"), MemberOut, form)

    def set_role(self, plan_id: int, member_id: int, form: MemberPatch) -> MemberOut:
        """Another role for a member, or for somebody who is invited."""
        return self._http.write("PATCH", _member(plan_id, member_id), MemberOut, form)

    def remove(self, plan_id: int, member_id: int) -> None:
        """Put a member out of a plan, or take an invitation back."""
        self._http.tell("DELETE", _member(plan_id, member_id))

    def leave(self, plan_id: int) -> None:
        """Leave a plan of somebody else."""
        self._http.tell("DELETE", at("plans", plan_id, "share", "members", "me"))


class PlanTransfer(Resource):
    """Plans that are to have another owner."""

    def offer(self, plan_id: int, form: TransferIn) -> SharingOut:
        """Offer a plan to a member, who becomes its owner by accepting."""
        return self._http.create(at("plans", plan_id, "share", "transfer"), SharingOut, form)

    def withdraw(self, plan_id: int) -> None:
        """Take the offer back, or decline it."""
        self._http.tell("DELETE", at("plans", plan_id, "share", "transfer"))

    def accept(self, plan_id: int) -> PlanOut:
        """Own a plan that was offered."""
        return self._http.create(at("plans", plan_id, "share", "transfer", "accept"), PlanOut)


class PlanInvitations(Resource):
    """Invitations to plans that wait for whoever is signed in."""

    def of(self) -> list[PlanInvitation]:
        """Those to the confirmed address of the account."""
        return self._http.read(at("invitations"), PlanInvitationList).results

    def accept(self, invitation_id: int) -> PlanOut:
        """Become a member of the plan."""
        return self._http.create(at("invitations", invitation_id, "accept"), PlanOut)

    def decline(self, invitation_id: int) -> None:
        """Throw an invitation away."""
        self._http.tell("DELETE", at("invitations", invitation_id))


def _link(plan_id: int, link_id: int) -> str:
    return at("plans", plan_id, "share", "links", link_id)


def _member(plan_id: int, member_id: int) -> str:
    return at("plans", plan_id, "share", "members", member_id)
