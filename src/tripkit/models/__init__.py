"""The tables."""

from tripkit.models.api_token import ApiToken
from tripkit.models.audit import AuditEvent, AuditHead
from tripkit.models.base import Model
from tripkit.models.change import Change
from tripkit.models.checklist import Checklist, ChecklistEntry, ChecklistTemplate
from tripkit.models.expense import Expense
from tripkit.models.idempotency import IdempotencyKey
from tripkit.models.identity import Identity
from tripkit.models.item import Item
from tripkit.models.oauth_ticket import OAuthTicket
from tripkit.models.one_time_token import OneTimeToken
from tripkit.models.outbox import OutboxMessage
from tripkit.models.plan import Plan
from tripkit.models.plan_member import PlanMember
from tripkit.models.plan_settings import PlanSettings
from tripkit.models.rate_limit import RateLimit, RateLimitReset
from tripkit.models.search import SearchDocument, SearchShelf
from tripkit.models.second_factor import RecoveryCode, SecondFactor
from tripkit.models.session import Session
from tripkit.models.share_link import ShareLink, ShareView
from tripkit.models.traveller import Traveller
from tripkit.models.user import User

#: Every table, parents before children.
ALL: tuple[type[Model], ...] = (
    User,
    Session,
    Plan,
    IdempotencyKey,
    AuditEvent,
    AuditHead,
    OneTimeToken,
    OutboxMessage,
    RateLimit,
    RateLimitReset,
    ApiToken,
    SecondFactor,
    RecoveryCode,
    Item,
    PlanSettings,
    Change,
    Identity,
    OAuthTicket,
    Traveller,
    Expense,
    SearchShelf,
    SearchDocument,
    Checklist,
    ChecklistEntry,
    ChecklistTemplate,
    PlanMember,
    ShareLink,
    ShareView,
)

__all__ = [
    "ALL",
    "ApiToken",
    "AuditEvent",
    "AuditHead",
    "Change",
    "Checklist",
    "ChecklistEntry",
    "ChecklistTemplate",
    "Expense",
    "IdempotencyKey",
    "Identity",
    "Item",
    "Model",
    "OAuthTicket",
    "OneTimeToken",
    "OutboxMessage",
    "Plan",
    "PlanMember",
    "PlanSettings",
    "RateLimit",
    "RateLimitReset",
    "RecoveryCode",
    "SearchDocument",
    "SearchShelf",
    "SecondFactor",
    "Session",
    "ShareLink",
    "ShareView",
    "Traveller",
    "User",
]
