"""The tables."""

from tripkit.models.base import Model
from tripkit.models.idempotency import IdempotencyKey
from tripkit.models.outbox import OutboxMessage
from tripkit.models.plan import Plan
from tripkit.models.session import Session
from tripkit.models.user import User

#: Every table, parents before children.
ALL: tuple[type[Model], ...] = (User, Session, Plan, IdempotencyKey, OutboxMessage)

__all__ = ["ALL", "IdempotencyKey", "Model", "OutboxMessage", "Plan", "Session", "User"]
