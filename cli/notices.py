"""`veritem notices`: the service that sends messages to webhooks."""

from cli.context import ConfigFile
from cli.desk_secrets import choose_webhook_keys
from cli.foreign_secrets import warn_of_foreign_secrets
from cli.known_heads import check_ledger_against_heads
from cli.output import log_json, print_message
from cli.settings import read_settings
from notices import serve


def notices(file: ConfigFile = None) -> None:
    """Send messages to webhooks, where the desk does not (`notices.in_desk = false`).

    It needs the keys that seal the secrets of webhooks. Several may run; no two send at once to
    one webhook.
    """
    settings = read_settings(file)
    log_json()
    warn_of_foreign_secrets(settings, "notices")
    check_ledger_against_heads(settings)

    def report_ready(admin: str) -> None:
        print_message(("Sending", "green"), f" notices  metrics {admin}/metrics")

    serve(settings.notices, keys=choose_webhook_keys(settings), ready=report_ready)
