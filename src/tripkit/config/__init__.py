"""Settings: loaded once, validated, frozen, and passed down."""

from tripkit.config.loading import Config, ConfigError, default_file, find_file, load
from tripkit.config.mail import split_sender
from tripkit.config.oauth import OAuth
from tripkit.config.options import OPTIONS, Option, in_force
from tripkit.config.sections import POSTGRES_SCHEMES, Mail, Ratelimit, Settings

__all__ = [
    "OPTIONS",
    "POSTGRES_SCHEMES",
    "Config",
    "ConfigError",
    "Mail",
    "OAuth",
    "Option",
    "Ratelimit",
    "Settings",
    "default_file",
    "find_file",
    "in_force",
    "load",
    "split_sender",
]
