"""Refusal of a setting."""

from stamps.errors import VeritemError


class SettingsError(VeritemError):
    """A setting is refused.

    `source` is the file, or `environment`; `field` names the setting (`resolver.port`) or its
    variable (`VERITEM_RESOLVER_PORT`); `why` says what is wrong.
    """

    code = "misconfigured"
    message = "{source}: {field} {why}"
