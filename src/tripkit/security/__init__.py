"""Passwords, keys and tokens."""
