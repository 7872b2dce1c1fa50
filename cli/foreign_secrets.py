"""Secrets that a service can read and does not need: who steals the service has them too.

Services of one installation share the settings, so that each secret is named once. Each process
gets its own from its environment, and runs as a user who cannot read the files of the others.
"""

import os
from functools import reduce
from typing import Final

from cli.desk_secrets import OTP_KEYS, SESSION_SECRET, WEBHOOK_KEYS
from cli.output import print_warning
from cli.settings import Settings
from config.schema import list_settings

HEAD_KEY: Final = "heads.json"
"""The key that signs chain heads; with it the owner of the database could sign another history."""
_OWN: Final = {
    "resolver": {"keys.opening_passphrase", "claims.secret", "resolver.redis_password"},
    "recorder": {"keys.opening_passphrase", "resolver.redis_password"},
    "claims": {"keys.claims_passphrase", "claims.secret"},
    "notices": {"notices.secrets_key", "notices.mail_password"},
}


def warn_of_foreign_secrets(settings: Settings, service: str, *needed: str) -> None:
    """Warn when a service holds another service's secrets; `needed` are those that it uses too."""
    found = find_foreign_secrets(settings, service, *needed)
    if found:
        print_warning(f"a stolen {service} has secrets that it does not need: {', '.join(found)}")


def find_foreign_secrets(settings: Settings, service: str, *needed: str) -> list[str]:
    """The variables that are set and the files that can be read and belong to other services."""
    own = _OWN[service] | set(needed)
    held = [
        setting.variable
        for setting in list_settings(type(settings))
        if setting.is_secret
        and setting.name not in own
        and reduce(getattr, setting.path, settings).get_secret_value()  # type: ignore[attr-defined]
    ]
    files = [settings.desk.secrets / name for name in (SESSION_SECRET, OTP_KEYS)]
    files.append(settings.keys.directory / SESSION_SECRET)
    files.append(settings.heads.directory / HEAD_KEY)
    if service != "notices":
        files.append(settings.notices.secrets / WEBHOOK_KEYS)
    return held + [str(path) for path in files if os.access(path, os.R_OK)]
