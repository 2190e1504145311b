"""The tables."""

from tripkit.models.audit import AuditEvent, AuditHead
from tripkit.models.base import Model
from tripkit.models.idempotency import IdempotencyKey
from tripkit.models.identity import Identity
from tripkit.models.oauth_ticket import OAuthTicket
from tripkit.models.one_time_token import OneTimeToken
from tripkit.models.plan import Plan
from tripkit.models.session import Session
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
    Identity,
    OAuthTicket,
)

__all__ = [
    "ALL",
    "AuditEvent",
    "AuditHead",
    "IdempotencyKey",
    "Identity",
    "Model",
    "OAuthTicket",
    "OneTimeToken",
    "Plan",
    "Session",
    "User",
]
