"""What commands need to put mails into the outbox: keys and whether mail is sent at all."""

from pathlib import Path

from cli.desk_secrets import choose_webhook_keys
from cli.settings import read_settings
from services.notices.mail_addresses import MailTools, make_mail_tools


def open_mail_tools(file: Path | None) -> MailTools:
    """The tools with the keys of the settings; no key is read before a mail is sealed."""
    settings = read_settings(file)
    return make_mail_tools(choose_webhook_keys(settings), is_on=settings.notices.sends_mail)
