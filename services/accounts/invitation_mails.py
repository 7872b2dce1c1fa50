"""Links of invitations and resets by e-mail, beside the link that is shown.

The link is a secret: whoever has it chooses the password. The mail is sealed in the outbox until it
is sent, and erased then. A later link of the account replaces a mail that waits.
"""

from ledger import Staff
from ledger.notices.typed_mail_address import read_address
from services.accounts.invitations import LIFETIME_DAYS, PATH
from services.context import ServiceContext
from services.errors import InvalidInput, MailOff
from services.notices.mail_addresses import MailTools, make_sealed_mail
from services.permissions import Permission, require_permission
from stamps.vietnam_time import DAY_MS
from web.i18n import Language


def check_mail_to(tools: MailTools, text: str | None) -> str | None:
    """The address that a link is to be sent to; None for none.

    To be asked before the link is made. Raises `InvalidInput`, `MailOff`.
    """
    if not text:
        return None
    if not tools.is_on:
        raise MailOff
    address = read_address(text)
    if address is None:
        raise InvalidInput(field="mail_to", why="is no e-mail address", expected="mail_address")
    return address


async def send_link(
    context: ServiceContext,
    tools: MailTools,
    account: str,
    text: str,
    address: str | None,
    language: Language,
    *,
    is_reset: bool = False,
) -> None:
    """Send the link of an invitation or a reset, if an address was given.

    Raises `Forbidden`, `UnknownStaff`, `MailLimited`, `SecretLocked`.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    if address is None:
        return
    person: Staff = await context.ledger.staff.get(account)
    at = context.clock()
    mail = make_sealed_mail(
        tools.seal,
        person.id,
        address,
        "reset" if is_reset else "invitation",
        language,
        {"path": f"{PATH}#{text}", "name": person.name},
        at=at,
        expires_at=at + LIFETIME_DAYS * DAY_MS,
    )
    await context.ledger.mails.add_link(mail, actor=context.actor.id)
