"""`veritem desk`: the staff service of print houses, packers, inspectors and authorities."""

from typing import Final

from cli.context import ConfigFile
from cli.desk_secrets import choose_otp_keys, choose_webhook_keys, load_session_secret
from cli.keys import find_passphrases, open_key_store, open_number_mark
from cli.known_heads import check_ledger_against_heads, choose_head_finder
from cli.output import log_json, print_line, print_message
from cli.settings import read_settings
from desk.serve import serve
from stamps.demo_keys import check_demo_addresses

CAMERA_HINT: Final = (
    "Phones give the camera and work without a network to https and localhost only: "
    "docs/desk.md says how to try them here."
)


def desk(file: ConfigFile = None) -> None:
    """Serve the desk: orders, bundles, activation, lots, alerts. Accounts: `veritem staff add`."""
    settings = read_settings(file)
    log_json()
    check_ledger_against_heads(settings)
    store, passphrases = open_key_store(settings), find_passphrases(settings)
    if store.demo:
        check_demo_addresses((settings.desk.public_url, settings.printing.host))

    def report_ready(url: str, admin: str) -> None:
        print_message(("Desk", "green"), f" {url}  metrics {admin}/metrics")
        if not settings.desk.is_secure:
            print_line(CAMERA_HINT)

    serve(
        settings.desk,
        keys=store.open_stamp_keys(passphrases.masters),
        signer=store.open_signer(passphrases.signing),
        mark=open_number_mark(settings),
        secret=load_session_secret(settings),
        otp_keys=choose_otp_keys(settings),
        webhook_keys=choose_webhook_keys(settings),
        notices=settings.notices,
        find_head=choose_head_finder(settings),
        rules=settings.rules,
        stamp_host=settings.printing.host,
        stamp_scheme=settings.printing.scheme,
        ready=report_ready,
    )
