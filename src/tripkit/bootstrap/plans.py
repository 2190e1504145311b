"""The services of plans, and of what is shared of them."""

from functools import cached_property
from typing import TYPE_CHECKING

from tripkit.bootstrap.foundation import Foundation

if TYPE_CHECKING:
    from tripkit.services.agenda import Agendas
    from tripkit.services.balances import PlanBalances
    from tripkit.services.checklist_entries import ChecklistEntries
    from tripkit.services.checklist_templates import ChecklistTemplates
    from tripkit.services.checklists import Checklists
    from tripkit.services.checks import PlanChecks
    from tripkit.services.expenses import Expenses
    from tripkit.services.gallery import Gallery
    from tripkit.services.history import History
    from tripkit.services.items import Items
    from tripkit.services.link_access import LinkAccess
    from tripkit.services.plan_copies import PlanCopies
    from tripkit.services.plan_invitations import PlanInvitations
    from tripkit.services.plan_members import PlanMembers
    from tripkit.services.plan_money import PlanMoney
    from tripkit.services.plan_transfer import PlanTransfer
    from tripkit.services.plans import Plans
    from tripkit.services.search import Search
    from tripkit.services.search_index import SearchIndex
    from tripkit.services.share_links import ShareLinks
    from tripkit.services.share_views import ShareViews
    from tripkit.services.shared_plans import SharedPlans
    from tripkit.services.travellers import Travellers


class PlanServices(Foundation):
    """Plans, what is in them, and who has to do with them."""

    @cached_property
    def plans(self) -> "Plans":
        """Travel plans."""
        from tripkit.services.plans import Plans

        return Plans(self.db, self._cursors, self.clock, self.settings)

    @cached_property
    def plan_copies(self) -> "PlanCopies":
        """Plans made from plans."""
        from tripkit.services.plan_copies import PlanCopies

        return PlanCopies(self.db, self.plans, self.travellers, self.gallery, self.clock)

    @cached_property
    def items(self) -> "Items":
        """What fills plans."""
        from tripkit.services.items import Items

        return Items(self.db, self.plans, self.clock, self.settings)

    @cached_property
    def travellers(self) -> "Travellers":
        """Who comes along."""
        from tripkit.services.travellers import Travellers

        return Travellers(self.db, self.plans, self.clock)

    @cached_property
    def expenses(self) -> "Expenses":
        """What travellers pay for each other."""
        from tripkit.services.expenses import Expenses

        return Expenses(self.db, self.plans, self.travellers, self.clock, self.settings)

    @cached_property
    def balances(self) -> "PlanBalances":
        """Who owes whom."""
        from tripkit.services.balances import PlanBalances

        return PlanBalances(self.db, self.plans, self.travellers, self.expenses)

    @cached_property
    def money(self) -> "PlanMoney":
        """What plans cost."""
        from tripkit.services.plan_money import PlanMoney

        return PlanMoney(self.db, self.plans, self.items, self.expenses)

    @cached_property
    def checks(self) -> "PlanChecks":
        """What will not work in plans."""
        from tripkit.services.checks import PlanChecks

        return PlanChecks(self.db, self.plans, self.items, self.expenses, self.settings)

    @cached_property
    def search(self) -> "Search":
        """What is written in plans and items, by its words."""
        from tripkit.services.search import Search

        return Search(self.db, self.search_index, self._cursors)

    @cached_property
    def search_index(self) -> "SearchIndex":
        """What searches look into."""
        from tripkit.services.search_index import SearchIndex

        return SearchIndex(self.db)

    @cached_property
    def agendas(self) -> "Agendas":
        """What happens when."""
        from tripkit.services.agenda import Agendas

        return Agendas(self.db, self.clock)

    @cached_property
    def checklists(self) -> "Checklists":
        """What has to be thought of."""
        from tripkit.services.checklists import Checklists

        return Checklists(self.db, self.plans, self.travellers, self.checklist_templates, self.clock, self.settings)

    @cached_property
    def checklist_entries(self) -> "ChecklistEntries":
        """The lines of checklists."""
        from tripkit.services.checklist_entries import ChecklistEntries

        return ChecklistEntries(self.db, self.plans, self.checklists, self.clock)

    @cached_property
    def checklist_templates(self) -> "ChecklistTemplates":
        """What checklists are started from."""
        from tripkit.services.checklist_templates import ChecklistTemplates

        return ChecklistTemplates(self.db, self.plans, self.clock, self.settings)

    @cached_property
    def history(self) -> "History":
        """What was done with plans."""
        from tripkit.services.history import History

        return History(self.db, self.plans, self._cursors, self.clock, self.settings)

    @cached_property
    def plan_members(self) -> "PlanMembers":
        """Who else is in plans."""
        from tripkit.services.links import Links
        from tripkit.services.plan_members import PlanMembers

        links = Links(self.settings)
        return PlanMembers(self.db, self.plans, self.outbox, links, self.audit, self.clock, self.settings)

    @cached_property
    def plan_invitations(self) -> "PlanInvitations":
        """Who is invited into plans."""
        from tripkit.services.plan_invitations import PlanInvitations

        return PlanInvitations(self.db, self.plans, self.audit, self.clock)

    @cached_property
    def plan_transfer(self) -> "PlanTransfer":
        """Plans that get another owner."""
        from tripkit.services.plan_transfer import PlanTransfer

        return PlanTransfer(self.db, self.plans, self.plan_members, self.audit, self.clock)

    @cached_property
    def gallery(self) -> "Gallery":
        """Published plans."""
        from tripkit.services.gallery import Gallery

        return Gallery(self.db, self.shared_plans, self._cursors, self.settings)

    @cached_property
    def shared_plans(self) -> "SharedPlans":
        """Plans as strangers see them."""
        from tripkit.services.shared_plans import SharedPlans

        return SharedPlans(self.db, self.items)

    @cached_property
    def share_links(self) -> "ShareLinks":
        """Links to plans."""
        from tripkit.services.share_links import ShareLinks

        return ShareLinks(self.db, self.plans, self.share_views, self.passwords, self.audit, self.clock, self.settings)

    @cached_property
    def share_views(self) -> "ShareViews":
        """Who looked at links, roughly."""
        from tripkit.services.share_views import ShareViews

        return ShareViews(self.db, self.clock)

    @cached_property
    def link_access(self) -> "LinkAccess":
        """What links open."""
        from tripkit.services.link_access import LinkAccess
        from tripkit.services.share_grants import ShareGrants

        grants = ShareGrants(self._keys, self.clock)
        return LinkAccess(self.db, self.shared_plans, grants, self.passwords, self.clock, self.settings)
