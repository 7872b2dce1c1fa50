"""`veritem staff seal-codes`: encrypt the secrets of one-time codes anew."""

from typing import Annotated

import typer

from cli.context import ConfigFile, get_user_name, open_installation, run_async
from cli.desk_secrets import OTP_KEYS, add_key, choose_otp_keys, drop_old_keys
from cli.output import CommandRefused, Json, print_fields, print_result
from cli.settings import read_settings
from ledger.accounts.otp_secrets import get_key_id


def seal_codes(
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Make a key, and remove the others afterwards.")
    ] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Encrypt the secrets of all one-time codes, and contacts of reports, with the newest key.

    Services may run meanwhile. When it is interrupted, run it again.
    """
    settings = read_settings(file)
    path = settings.desk.secrets / OTP_KEYS
    if new_key:
        if settings.desk.secrets_key.get_secret_value():
            why = "desk.secrets_key is set: put a new key before the others there, then seal"
            raise CommandRefused(why=why)
        add_key(path)

    async def seal() -> int:
        async with open_installation(file) as (_, ledger):
            await ledger.report_contacts.seal_all()
            return await ledger.staff.seal_otp_secrets(actor=get_user_name())

    sealed = run_async(seal())
    if new_key:
        drop_old_keys(path)
    document = {"sealed": sealed, "key": get_key_id(choose_otp_keys(settings)()[0])}
    print_result(document, as_json, lambda: print_fields("One-time codes", document))
