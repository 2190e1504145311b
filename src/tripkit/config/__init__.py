"""Settings: loaded once, validated, frozen, and passed down."""

from tripkit.config.loading import Config, ConfigError, default_file, find_file, load
from tripkit.config.oauth import OAuth
from tripkit.config.options import OPTIONS, POSTGRES_SCHEMES, Option, Ratelimit, Settings, in_force

__all__ = [
    "OPTIONS",
    "POSTGRES_SCHEMES",
    "Config",
    "ConfigError",
    "OAuth",
    "Option",
    "Ratelimit",
    "Settings",
    "default_file",
    "find_file",
    "in_force",
    "load",
]
