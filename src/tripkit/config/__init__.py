"""Settings: loaded once, validated, frozen, and passed down."""

from tripkit.config.loading import Config, ConfigError, default_file, find_file, load
from tripkit.config.options import OPTIONS, POSTGRES_SCHEMES, Option, Ratelimit, Settings

__all__ = [
    "OPTIONS",
    "POSTGRES_SCHEMES",
    "Config",
    "ConfigError",
    "Option",
    "Ratelimit",
    "Settings",
    "default_file",
    "find_file",
    "load",
]
