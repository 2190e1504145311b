"""Rate limits: how often something may happen in a while."""

from tripkit.ratelimit.base import Charge, Counter, Decision, Limiter, Rule, State, Window
from tripkit.ratelimit.fallback import FallbackLimiter
from tripkit.ratelimit.memory import LASTING, MemoryLimiter
from tripkit.ratelimit.rules import rules_of

__all__ = [
    "LASTING",
    "Charge",
    "Counter",
    "Decision",
    "FallbackLimiter",
    "Limiter",
    "MemoryLimiter",
    "Rule",
    "State",
    "Window",
    "rules_of",
]
