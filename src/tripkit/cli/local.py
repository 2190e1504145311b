"""The services on the local database, each method bound to the account that acts."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from tripkit.schemas.items import ItemIn, ItemOut, ItemPatch, ItemsOut
from tripkit.schemas.users import Actor

if TYPE_CHECKING:
    from tripkit.bootstrap import Tripkit
    from tripkit.cli.local_checklists import LocalChecklistEntries, LocalChecklists, LocalChecklistTemplates
    from tripkit.cli.local_sharing import LocalPlanInvitations, LocalPlanMembers, LocalPlanTransfer, LocalShareLinks
    from tripkit.services.accounts import Accounts
    from tripkit.services.agenda import Agendas
    from tripkit.services.api_tokens import ApiTokens
    from tripkit.services.balances import PlanBalances
    from tripkit.services.checks import PlanChecks
    from tripkit.services.expenses import Expenses
    from tripkit.services.history import History
    from tripkit.services.items import Items
    from tripkit.services.plan_copies import PlanCopies
    from tripkit.services.plan_money import PlanMoney
    from tripkit.services.plans import Plans
    from tripkit.services.search import Search
    from tripkit.services.travellers import Travellers

P = ParamSpec("P")
T = TypeVar("T")


def bind(method: Callable[Concatenate[Actor, P], T], actor: Actor) -> Callable[P, T]:
    """A method of a service without its first parameter."""

    def bound(*args: P.args, **kwargs: P.kwargs) -> T:
        return method(actor, *args, **kwargs)

    return bound


class LocalBackend:
    """As `cli.backend.Backend` says."""

    def __init__(self, tripkit: "Tripkit", actor: Actor) -> None:
        self._tripkit, self._actor = tripkit, actor
        self.username = actor.username
        self.trash_days = tripkit.settings.plans.trash_days

    @cached_property
    def plans(self) -> "LocalPlans":
        return LocalPlans(self._tripkit.plans, self._actor)

    @cached_property
    def items(self) -> "LocalItems":
        return LocalItems(self._tripkit.items, self._actor)

    @cached_property
    def money(self) -> "LocalMoney":
        return LocalMoney(self._tripkit.money, self._actor)

    @cached_property
    def checks(self) -> "LocalChecks":
        return LocalChecks(self._tripkit.checks, self._actor)

    @cached_property
    def travellers(self) -> "LocalTravellers":
        return LocalTravellers(self._tripkit.travellers, self._actor)

    @cached_property
    def expenses(self) -> "LocalExpenses":
        return LocalExpenses(self._tripkit.expenses, self._actor)

    @cached_property
    def balances(self) -> "LocalBalances":
        return LocalBalances(self._tripkit.balances, self._actor)

    @cached_property
    def checklists(self) -> "LocalChecklists":
        from tripkit.cli.local_checklists import LocalChecklists

        return LocalChecklists(self._tripkit.checklists, self._actor)

    @cached_property
    def checklist_entries(self) -> "LocalChecklistEntries":
        from tripkit.cli.local_checklists import LocalChecklistEntries

        return LocalChecklistEntries(self._tripkit.checklist_entries, self._actor)

    @cached_property
    def checklist_templates(self) -> "LocalChecklistTemplates":
        from tripkit.cli.local_checklists import LocalChecklistTemplates

        return LocalChecklistTemplates(self._tripkit.checklist_templates, self._actor)

    @cached_property
    def share_links(self) -> "LocalShareLinks":
        from tripkit.cli.local_sharing import LocalShareLinks

        return LocalShareLinks(self._tripkit.share_links, self._actor, self._tripkit.settings)

    @cached_property
    def plan_members(self) -> "LocalPlanMembers":
        from tripkit.cli.local_sharing import LocalPlanMembers

        return LocalPlanMembers(self._tripkit.plan_members, self._actor)

    @cached_property
    def plan_transfer(self) -> "LocalPlanTransfer":
        from tripkit.cli.local_sharing import LocalPlanTransfer

        return LocalPlanTransfer(self._tripkit.plan_transfer, self._actor)

    @cached_property
    def plan_invitations(self) -> "LocalPlanInvitations":
        from tripkit.cli.local_sharing import LocalPlanInvitations

        return LocalPlanInvitations(self._tripkit.plan_invitations, self._actor)

    @cached_property
    def history(self) -> "LocalHistory":
        return LocalHistory(self._tripkit.history, self._actor)

    @cached_property
    def plan_copies(self) -> "LocalPlanCopies":
        return LocalPlanCopies(self._tripkit.plan_copies, self._actor)

    @cached_property
    def search(self) -> "LocalSearch":
        return LocalSearch(self._tripkit.search, self._actor)

    @cached_property
    def agendas(self) -> "LocalAgendas":
        return LocalAgendas(self._tripkit.agendas, self._actor)

    @cached_property
    def api_tokens(self) -> "LocalApiTokens":
        return LocalApiTokens(self._tripkit.api_tokens, self._actor)

    @cached_property
    def account(self) -> "LocalAccount":
        return LocalAccount(self._tripkit.accounts, self._actor)


class LocalPlans:
    def __init__(self, service: "Plans", actor: Actor) -> None:
        self.get = bind(service.get, actor)
        self.page = bind(service.page, actor)
        self.resolve = bind(service.resolve, actor)
        self.create = bind(service.create, actor)
        self.replace = bind(service.replace, actor)
        self.edit = bind(service.edit, actor)
        self.trash = bind(service.trash, actor)
        self.restore = bind(service.restore, actor)


class LocalItems:
    """Places are completed before the service is asked, as the server does it."""

    def __init__(self, service: "Items", actor: Actor) -> None:
        self._service, self._actor = service, actor
        self.get = bind(service.get, actor)
        self.by_day = bind(service.by_day, actor)
        self.resolve = bind(service.resolve, actor)
        self.move = bind(service.move, actor)
        self.trash = bind(service.trash, actor)
        self.restore = bind(service.restore, actor)

    def create(self, plan_id: int, form: ItemIn, *, expected: int | None = None) -> ItemOut:
        from tripkit.services.item_places import complete

        return self._service.create(self._actor, plan_id, complete(form), expected=expected)

    def create_many(self, plan_id: int, forms: Sequence[ItemIn], *, expected: int | None = None) -> ItemsOut:
        from tripkit.services.item_places import complete

        drafts = [complete(form) for form in forms]
        return self._service.create_many(self._actor, plan_id, drafts, expected=expected)

    def edit(self, plan_id: int, item_id: int, patch: ItemPatch, *, expected: int | None = None) -> ItemOut:
        from tripkit.services.item_places import complete

        return self._service.edit(self._actor, plan_id, item_id, complete(patch), expected=expected)


class LocalMoney:
    def __init__(self, service: "PlanMoney", actor: Actor) -> None:
        self.rates = bind(service.rates, actor)
        self.replace_rates = bind(service.replace_rates, actor)
        self.budgets = bind(service.budgets, actor)
        self.replace_budgets = bind(service.replace_budgets, actor)
        self.set_rate = bind(service.set_rate, actor)
        self.forget_rate = bind(service.forget_rate, actor)
        self.totals = bind(service.totals, actor)


class LocalChecks:
    def __init__(self, service: "PlanChecks", actor: Actor) -> None:
        self.check = bind(service.check, actor)
        self.ignore = bind(service.ignore, actor)


class LocalTravellers:
    def __init__(self, service: "Travellers", actor: Actor) -> None:
        self.of_plan = bind(service.of_plan, actor)
        self.get = bind(service.get, actor)
        self.resolve = bind(service.resolve, actor)
        self.create = bind(service.create, actor)
        self.rename = bind(service.rename, actor)
        self.delete = bind(service.delete, actor)


class LocalExpenses:
    def __init__(self, service: "Expenses", actor: Actor) -> None:
        self.get = bind(service.get, actor)
        self.of_plan = bind(service.of_plan, actor)
        self.resolve = bind(service.resolve, actor)
        self.create = bind(service.create, actor)
        self.edit = bind(service.edit, actor)
        self.trash = bind(service.trash, actor)
        self.restore = bind(service.restore, actor)


class LocalBalances:
    def __init__(self, service: "PlanBalances", actor: Actor) -> None:
        self.balances = bind(service.balances, actor)


class LocalHistory:
    def __init__(self, service: "History", actor: Actor) -> None:
        self.page = bind(service.page, actor)
        self.version = bind(service.version, actor)
        self.difference = bind(service.difference, actor)
        self.undo = bind(service.undo, actor)
        self.restore = bind(service.restore, actor)


class LocalPlanCopies:
    def __init__(self, service: "PlanCopies", actor: Actor) -> None:
        self.copy = bind(service.copy, actor)
        self.copy_published = bind(service.copy_published, actor)


class LocalSearch:
    def __init__(self, service: "Search", actor: Actor) -> None:
        self.page = bind(service.page, actor)


class LocalAgendas:
    def __init__(self, service: "Agendas", actor: Actor) -> None:
        self.get = bind(service.get, actor)


class LocalApiTokens:
    def __init__(self, service: "ApiTokens", actor: Actor) -> None:
        self.all = bind(service.all, actor)
        self.get = bind(service.get, actor)
        self.create = bind(service.create, actor)
        self.revoke = bind(service.revoke, actor)


class LocalAccount:
    def __init__(self, service: "Accounts", actor: Actor) -> None:
        self.profile = bind(service.profile, actor)
