"""Sharing of plans on the local database, for the account that acts."""

from typing import TYPE_CHECKING

import msgspec

from tripkit.cli.local import bind
from tripkit.config import Settings
from tripkit.schemas.share_links import NewShareLink, ShareLinkIn
from tripkit.schemas.users import Actor

if TYPE_CHECKING:
    from tripkit.services.plan_invitations import PlanInvitations
    from tripkit.services.plan_members import PlanMembers
    from tripkit.services.plan_transfer import PlanTransfer
    from tripkit.services.share_links import ShareLinks


class LocalShareLinks:
    def __init__(self, service: "ShareLinks", actor: Actor, settings: Settings) -> None:
        self._service, self._actor, self._settings = service, actor, settings
        self.all = bind(service.all, actor)
        self.get = bind(service.get, actor)
        self.views = bind(service.views, actor)
        self.edit = bind(service.edit, actor)
        self.revoke = bind(service.revoke, actor)

    def create(self, plan_id: int, form: ShareLinkIn) -> NewShareLink:
        from tripkit.services.links import Links

        link, token = self._service.create(self._actor, plan_id, form)
        return NewShareLink(**msgspec.structs.asdict(link), token=token, url=Links(self._settings).shared(token))


class LocalPlanMembers:
    def __init__(self, service: "PlanMembers", actor: Actor) -> None:
        self.sharing = bind(service.sharing, actor)
        self.all = bind(service.all, actor)
        self.resolve = bind(service.resolve, actor)
        self.invite = bind(service.invite, actor)
        self.set_role = bind(service.set_role, actor)
        self.remove = bind(service.remove, actor)
        self.leave = bind(service.leave, actor)


class LocalPlanTransfer:
    def __init__(self, service: "PlanTransfer", actor: Actor) -> None:
        self.offer = bind(service.offer, actor)
        self.withdraw = bind(service.withdraw, actor)
        self.accept = bind(service.accept, actor)


class LocalPlanInvitations:
    def __init__(self, service: "PlanInvitations", actor: Actor) -> None:
        self.of = bind(service.of, actor)
        self.accept = bind(service.accept, actor)
        self.decline = bind(service.decline, actor)
