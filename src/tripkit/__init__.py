"""tripkit: a self-hosted travel planner as a toolkit."""

__version__ = "0.1.0"
