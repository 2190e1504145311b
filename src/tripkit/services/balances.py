"""Who owes whom in a plan, by its expenses, and the fewest transfers that settle it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tripkit.database import Engine
from tripkit.schemas.balances import AccountOut, BalanceOut, Balances, CurrencyBalances, TotalBalances, TransferOut
from tripkit.schemas.expenses import ExpenseOut
from tripkit.schemas.users import Actor
from tripkit.services import money, plan_settings, rates, settlement
from tripkit.services.expenses import Expenses
from tripkit.services.plans import Plans
from tripkit.services.settlement import Account
from tripkit.services.travellers import Travellers

#: By the numbers of travellers.
_Names = Mapping[int, str]
_Accounts = dict[str, dict[int, Account]]


class PlanBalances:
    """What travellers owe each other."""

    def __init__(self, db: Engine, plans: Plans, travellers: Travellers, expenses: Expenses) -> None:
        self.db = db
        self._plans, self._travellers, self._expenses = plans, travellers, expenses

    def balances(self, actor: Actor, plan_id: int) -> Balances:
        """Who owes whom: by currency, and in all where every rate is known."""
        plan = self._plans.get(actor, plan_id)
        accounts = _accounts(self._expenses.all(plan))
        names = {each.id: each.name for each in self._travellers.all(plan)}
        for traveller_id in (each for of in accounts.values() for each in of):
            names.setdefault(traveller_id, f"({traveller_id})")  # undoing may take away whom an expense names
        known = plan_settings.read(self.db, plan.id).by_pair
        missing = [code for code in accounts if rates.find(code, plan.currency, known) is None]
        return Balances(
            plan_id=plan.id,
            version=plan.version,
            by_currency={code: _of_currency(of, code, names) for code, of in accounts.items()},
            currency=plan.currency,
            total=None if missing else _total(accounts, plan.currency, known, names),
            missing=missing,
        )


def _accounts(expenses: Iterable[ExpenseOut]) -> _Accounts:
    """What each traveller has paid and has to bear, by currency in alphabetical order."""
    by_currency: dict[str, list[tuple[dict[int, Decimal], dict[int, Decimal]]]] = {}
    for each in expenses:
        paid = {payment.traveller_id: payment.amount for payment in each.paid_by}
        shares = {share.traveller_id: share.amount for share in each.shared_by}
        by_currency.setdefault(each.currency, []).append((paid, shares))
    return {code: settlement.accounts(found) for code, found in sorted(by_currency.items())}


def _of_currency(accounts: Mapping[int, Account], currency: str, names: _Names) -> CurrencyBalances:
    def shown_of(traveller_id: int) -> AccountOut:
        account = accounts[traveller_id]
        amounts = (money.trimmed(each, currency) for each in (account.paid, account.share, account.balance))
        return AccountOut(traveller_id, names[traveller_id], *amounts)

    shown = [shown_of(each) for each in names if each in accounts]
    balances = {each.traveller_id: each.balance for each in shown}
    return CurrencyBalances(shown, _transfers(balances, currency, names))


def _total(accounts: _Accounts, currency: str, known: rates.Rates, names: _Names) -> TotalBalances:
    found = {code: {each: account.balance for each, account in of.items()} for code, of in accounts.items()}
    balances = dict.fromkeys(names, money.in_units(0, currency)) | settlement.combined(found, currency, known)
    shown = [BalanceOut(each, names[each], balance) for each, balance in balances.items()]
    return TotalBalances(shown, _transfers(balances, currency, names))


def _transfers(balances: Mapping[int, Decimal], currency: str, names: _Names) -> list[TransferOut]:
    return [
        TransferOut(each.payer, names[each.payer], each.payee, names[each.payee], each.amount)
        for each in settlement.transfers(balances, currency)
    ]
