"""Settings: loaded once, validated, frozen, and passed down."""

from tripkit.config.loading import Config, ConfigError, default_file, find_file, load
from tripkit.config.options import OPTIONS, Option, Settings

__all__ = ["OPTIONS", "Config", "ConfigError", "Option", "Settings", "default_file", "find_file", "load"]
