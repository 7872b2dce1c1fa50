"""`veritem staff`: accounts of the desk and their roles."""

from typing import Annotated, Final

import pyotp
import typer

from cli import devices
from cli.context import ConfigFile, IdempotencyKey, SignedInAs
from cli.mail_tools import open_mail_tools
from cli.new_passwords import read_new_password
from cli.one_time_codes import seal_codes
from cli.output import (
    Json,
    format_local_time,
    print_fields,
    print_line,
    print_result,
    print_table,
)
from cli.proposal_output import print_proposed
from cli.settings import read_settings
from cli.use_cases import call_service
from ledger import ROLES, NewAccount, Proposal, Role, Staff
from services import ServiceContext, staff
from services.accounts import accounts, invitations, one_time_codes, sessions
from services.accounts.invitation_mails import check_mail_to, send_link
from services.accounts.one_time_codes import describe_secret
from services.documents import describe_account
from services.privacy import erasures
from web.i18n import Language

app = typer.Typer(no_args_is_help=True, help="Staff accounts of the desk.")
app.add_typer(devices.app, name="devices")
app.command("seal-codes")(seal_codes)

PASSWORD_VARIABLE: Final = "VERITEM_STAFF_PASSWORD"  # noqa: S105 - the name of a variable
AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="What the person signs in with.")]

MailTo = Annotated[
    str | None, typer.Option(help="E-mail address that the link is sent to, beside being shown.")
]
MailLanguage = Annotated[Language, typer.Option(help="Language of the mail.")]


@app.command("add")
def add_account(
    account: AccountId,
    role: Annotated[Role, typer.Option(help=", ".join(ROLES) + ".")],
    actor: SignedInAs,
    key: IdempotencyKey,
    name: Annotated[str | None, typer.Option(help="The person's name.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Where they work.")] = None,
    one_time: Annotated[
        bool, typer.Option("--one-time-code", help="Ask for a one-time code at each sign-in.")
    ] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Add an account, which another person confirms before it may do anything.

    The password is asked for, or comes from VERITEM_STAFF_PASSWORD.
    """
    secret = pyotp.random_base32() if one_time else None
    request = NewAccount(
        id=account,
        name=name or account,
        role=role,
        password=read_new_password(PASSWORD_VARIABLE),
        organisation=organisation,
        otp_secret=secret,
    )
    added, proposal = call_service(
        file, lambda c: accounts.add_account(c, request, key), actor=actor
    )

    def render() -> None:
        fields = {"name": added.name, "role": added.role, "organisation": added.organisation}
        print_fields(f"Account {added.id}", fields)
        if secret:
            uri = describe_secret(added.id, secret)
            print_line(f"Address for the one-time code app, shown this once: {uri}")
        print_line(f"Another person confirms it: veritem proposals approve {proposal.id}")

    document = describe_account(added).model_dump(mode="json") | {"proposal": proposal.id}
    print_result(document | ({"otp_secret": secret} if secret else {}), as_json, render)


@app.command("invite")
def invite_person(
    account: AccountId,
    role: Annotated[Role, typer.Option(help=", ".join(ROLES) + ".")],
    actor: SignedInAs,
    key: IdempotencyKey,
    name: Annotated[str | None, typer.Option(help="The person's name.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Where they work.")] = None,
    mail_to: MailTo = None,
    language: MailLanguage = "vi",
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Add an account whose person chooses the password, by a link that works once.

    Another person confirms the account once it was accepted.
    """
    tools = open_mail_tools(file)
    address = check_mail_to(tools, mail_to)

    async def invite(context: ServiceContext) -> tuple[Staff, Proposal, str]:
        made = await invitations.invite_person(
            context, account, name or account, role, organisation, key
        )
        await send_link(context, tools, made[0].id, made[2], address, language)
        return made

    added, proposal, text = call_service(file, invite, actor=actor)
    link = invitations.describe_link(read_settings(file).desk.public_url, text)

    def render() -> None:
        fields = {"name": added.name, "role": added.role, "organisation": added.organisation}
        print_fields(f"Account {added.id}", fields)
        print_line(f"Link for the person, shown this once: {link}")
        print_line(f"Another person confirms it: veritem proposals approve {proposal.id}")

    document = describe_account(added).model_dump(mode="json")
    print_result(document | {"proposal": proposal.id, "link": link}, as_json, render)


@app.command("new-link")
def renew_invitation(
    account: AccountId,
    actor: SignedInAs,
    mail_to: MailTo = None,
    language: MailLanguage = "vi",
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Make a new link for a person who has not accepted; the old one works no more."""
    tools = open_mail_tools(file)
    address = check_mail_to(tools, mail_to)

    async def renew(context: ServiceContext) -> str:
        text = await invitations.renew_invitation(context, account)
        await send_link(context, tools, account, text, address, language)
        return text

    text = call_service(file, renew, actor=actor)
    link = invitations.describe_link(read_settings(file).desk.public_url, text)
    print_result(
        {"account": account, "link": link},
        as_json,
        lambda: print_line(f"Link for the person, shown this once: {link}"),
    )


@app.command("end-sessions")
def end_sessions(
    account: AccountId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """End all sessions of an account at the desk."""
    call_service(file, lambda c: sessions.end_all_sessions(c, account), actor=actor)
    print_result(
        {"account": account}, as_json, lambda: print_fields(f"Sessions of {account} ended", {})
    )


@app.command("tokens")
def list_tokens(account: AccountId, file: ConfigFile = None, as_json: Json = False) -> None:
    """List the tokens of an account, with their scopes and last use."""
    found = call_service(file, lambda c: staff.get_staff(c, account))
    documents = [
        {
            "id": one.id,
            "label": one.label,
            "scopes": None if one.scopes is None else sorted(one.scopes),
            "made_at": one.made_at,
            "used_at": one.used_at,
            "expires_at": one.expires_at,
            "revoked_at": one.revoked_at,
        }
        for one in found.tokens
    ]
    print_result(
        {"tokens": documents},
        as_json,
        lambda: print_table(
            f"Tokens of {account}",
            ("id", "label", "scopes", "last used", "expires", ""),
            (
                (
                    one.id,
                    one.label,
                    "all" if one.scopes is None else " ".join(sorted(one.scopes)),
                    format_local_time(one.used_at) if one.used_at else "never",
                    format_local_time(one.expires_at) if one.expires_at else "",
                    "revoked" if one.revoked_at else "",
                )
                for one in found.tokens
            ),
        ),
    )


@app.command("revoke-token")
def revoke_token(
    account: AccountId,
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="The id of the token.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Revoke one token of an account."""
    call_service(file, lambda c: staff.revoke_token(c, account, token), actor=actor)
    print_result({"token": token}, as_json, lambda: print_fields(f"Token {token} is revoked", {}))


@app.command("role")
def propose_role(
    account: AccountId,
    role: Annotated[Role, typer.Option(help=", ".join(ROLES) + ".")],
    actor: SignedInAs,
    key: IdempotencyKey,
    organisation: Annotated[str | None, typer.Option(help="Where they work.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Propose another role for an account, or its confirmation; another person approves."""
    proposal = call_service(
        file, lambda c: accounts.propose_role(c, account, role, organisation, key), actor=actor
    )
    print_proposed(proposal, as_json)


@app.command("reset-password")
def reset_password(
    account: AccountId,
    actor: SignedInAs,
    key: IdempotencyKey,
    codes: Annotated[
        bool, typer.Option("--codes", help="Take the one-time codes off as well.")
    ] = False,
    mail_to: MailTo = None,
    language: MailLanguage = "vi",
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Take the password off somebody else's account; its person chooses another by a link.

    Its sessions end and its tokens are revoked at once. Unless the account keeps its one-time
    codes, it then waits for a third person to confirm it.
    """
    tools = open_mail_tools(file)
    address = check_mail_to(tools, mail_to)

    async def reset(context: ServiceContext) -> tuple[Staff, Proposal | None, str]:
        made = await invitations.reset_password(context, account, key, with_codes=codes)
        await send_link(context, tools, account, made[2], address, language, is_reset=True)
        return made

    changed, proposal, text = call_service(file, reset, actor=actor)
    link = invitations.describe_link(read_settings(file).desk.public_url, text)

    def render() -> None:
        print_fields(f"Account {changed.id} has no password", {})
        print_line(f"Link for the person, shown this once: {link}")
        if proposal is not None:
            print_line(f"A third person confirms it: veritem proposals approve {proposal.id}")

    document = describe_account(changed).model_dump(mode="json") | {"link": link}
    print_result(
        document | {"proposal": None if proposal is None else proposal.id}, as_json, render
    )


@app.command("reset-codes")
def reset_codes(
    account: AccountId,
    actor: SignedInAs,
    key: IdempotencyKey,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Take one-time codes and recovery codes off an account whose phone is lost.

    Its sessions end and its tokens are revoked. It then waits for a third person to confirm it.
    """
    changed, proposal = call_service(
        file, lambda c: one_time_codes.reset_codes(c, account, key), actor=actor
    )

    def render() -> None:
        print_fields(f"Account {changed.id} has no one-time codes", {})
        print_line(f"A third person confirms it: veritem proposals approve {proposal.id}")

    document = describe_account(changed).model_dump(mode="json") | {"proposal": proposal.id}
    print_result(document, as_json, render)


@app.command()
def disable(
    account: AccountId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Disable an account; its sessions and tokens stop at once."""
    disabled = call_service(file, lambda c: accounts.disable_account(c, account), actor=actor)
    print_result(
        describe_account(disabled),
        as_json,
        lambda: print_fields(f"Account {disabled.id} is disabled", {}),
    )


@app.command("data")
def show_data(
    account: AccountId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Show what is kept of a person; the look is in the audit log."""
    found = call_service(file, lambda c: erasures.show_person(c, account), actor=actor)

    def render() -> None:
        print_fields(f"Data of {account}", found["account"])
        for name, rows in found.items():
            if isinstance(rows, list):
                print_line(f"{name}: {len(rows)}")

    print_result(dict(found), as_json, render)


@app.command("erase")
def erase_person(
    account: AccountId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Erase what is personal of a disabled account, for good; its sign-in name stays."""
    erased = call_service(file, lambda c: erasures.erase_person(c, account), actor=actor)
    print_result(
        describe_account(erased),
        as_json,
        lambda: print_fields(f"The personal data of {erased.id} is erased", {}),
    )


@app.command("list")
def list_(file: ConfigFile = None, as_json: Json = False) -> None:
    """List the accounts."""
    listed = call_service(file, accounts.list_accounts)
    print_result(
        {"staff": [describe_account(one) for one in listed]},
        as_json,
        lambda: print_table(
            "Staff",
            ("account", "name", "role", "organisation", "one-time code", "since", ""),
            (
                (
                    one.id,
                    one.name,
                    one.role,
                    one.organisation,
                    "yes" if one.has_otp else "no",
                    format_local_time(one.added_at),
                    "disabled" if one.disabled else "" if one.is_confirmed else "unconfirmed",
                )
                for one in listed
            ),
        ),
    )
