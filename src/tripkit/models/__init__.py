"""The tables."""

from tripkit.models.base import Model
from tripkit.models.idempotency import IdempotencyKey
from tripkit.models.plan import Plan
from tripkit.models.rate_limit import RateLimit, RateLimitReset
from tripkit.models.session import Session
from tripkit.models.user import User

#: Every table, parents before children.
ALL: tuple[type[Model], ...] = (User, Session, Plan, IdempotencyKey, RateLimit, RateLimitReset)

__all__ = ["ALL", "IdempotencyKey", "Model", "Plan", "RateLimit", "RateLimitReset", "Session", "User"]
