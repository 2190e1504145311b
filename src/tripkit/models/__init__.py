"""The tables."""

from tripkit.models.base import Model
from tripkit.models.plan import Plan
from tripkit.models.session import Session
from tripkit.models.user import User

#: Every table, parents before children.
ALL: tuple[type[Model], ...] = (User, Session, Plan)

__all__ = ["ALL", "Model", "Plan", "Session", "User"]
