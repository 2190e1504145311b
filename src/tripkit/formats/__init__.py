"""Trips in the formats of others: pure functions on records."""
