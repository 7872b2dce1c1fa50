"""Settings: pydantic models filled from a TOML file and from environment variables.

    class InstallationSettings(Settings, LayeredSettings): ...
    settings = load_settings(InstallationSettings, Path("veritem.toml"))

Each package declares its own settings as a pydantic model (`resolver.settings`, `desk.settings`);
this package loads such models, explains what it refuses, and renders their reference. It imports
none of them. Only entry points load settings.
"""

from config.errors import SettingsError
from config.loader import LayeredSettings, load_settings
from config.plain_dataclass import model_from_dataclass
from config.schema import Setting, list_settings, render_reference

__all__ = [
    "LayeredSettings",
    "Setting",
    "SettingsError",
    "list_settings",
    "load_settings",
    "model_from_dataclass",
    "render_reference",
]
