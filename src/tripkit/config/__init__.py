"""Settings: loaded once, validated, frozen, and passed down."""

from tripkit.config.loading import Config, ConfigError, default_file, find_file, load
from tripkit.config.mail import split_sender
from tripkit.config.options import OPTIONS, POSTGRES_SCHEMES, Mail, Option, Ratelimit, Settings

__all__ = [
    "OPTIONS",
    "POSTGRES_SCHEMES",
    "Config",
    "ConfigError",
    "Mail",
    "Option",
    "Ratelimit",
    "Settings",
    "default_file",
    "find_file",
    "load",
    "split_sender",
]
