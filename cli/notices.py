"""`veritem notices`: the service that sends messages and mail; a person's mail; dead letters."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.context import ConfigFile, SignedInAs
from cli.desk_secrets import choose_webhook_keys
from cli.foreign_secrets import warn_of_foreign_secrets
from cli.known_heads import check_ledger_against_heads, choose_head_finder
from cli.mail_tools import open_mail_tools
from cli.output import (
    CommandRefused,
    Json,
    format_local_time,
    log_json,
    print_fields,
    print_message,
    print_result,
    print_table,
)
from cli.settings import read_settings
from cli.sign_in import read_proof
from cli.use_cases import call_service
from ledger.alerts.alert_levels import AlertLevel
from ledger.ledger import now_ms
from ledger.notices.mails import Mail, MailState
from ledger.notices.typed_mail_address import mask_address
from notices import serve
from services.documents.mail import describe_mail, describe_own_mail
from services.notices import mail_addresses
from services.notices.mail_addresses import MailChoice, OwnMail
from services.notices.mail_digests import StaffMailRules
from services.paging import DEFAULT_LIMIT, PageRequest
from services.sign_in import SignInBudgets
from web.i18n import Language

app = typer.Typer(
    invoke_without_command=True,
    help="Messages to webhooks and mail to people: send them, choose them, see what died.",
)


@app.callback()
def notices(context: typer.Context, file: ConfigFile = None) -> None:
    """Send messages to webhooks and mail, where the desk does not (`notices.in_desk = false`).

    It needs the keys that seal the secrets of webhooks, and the password of the mail server.
    Several may run; no two send at once to one webhook, and none sends a mail of another.
    """
    if context.invoked_subcommand is not None:
        return
    settings = read_settings(file)
    log_json()
    warn_of_foreign_secrets(settings, "notices")
    check_ledger_against_heads(settings)

    def report_ready(admin: str) -> None:
        print_message(("Sending", "green"), f" notices  metrics {admin}/metrics")

    serve(
        settings.notices,
        keys=choose_webhook_keys(settings),
        make_rules=StaffMailRules,
        find_head=choose_head_finder(settings),
        ready=report_ready,
    )


@app.command("show")
def show_own_mail(actor: SignedInAs, file: ConfigFile = None, as_json: Json = False) -> None:
    """Show the address of the signed-in account, and what it is told."""
    _print_own(call_service(file, mail_addresses.show_own_mail, actor=actor), as_json)


@app.command("choose")
def choose_own_mail(
    actor: SignedInAs,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND=MODE",
            help="How a kind is told: at_once, digest or never. Name the option once for each.",
        ),
    ] = None,
    level: Annotated[AlertLevel | None, typer.Option(help="From which level on alerts.")] = None,
    hour: Annotated[
        int | None, typer.Option(help="Hour of the digest in Vietnam, 0 to 23.")
    ] = None,
    language: Annotated[Language | None, typer.Option(help="Language of the mails.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Choose what the signed-in account is told; what is not named stays as it is."""
    own = call_service(file, mail_addresses.show_own_mail, actor=actor)
    if own.address is None:
        raise CommandRefused(
            why="the account has no confirmed address; give one: veritem notices address"
        )
    choice = MailChoice(
        modes=dict(_split(one) for one in kind or ()),
        level=level or own.address.level,
        language=language or own.address.language,
        digest_hour=own.address.digest_hour if hour is None else hour,
    )
    chosen = call_service(file, lambda c: mail_addresses.choose_own_mail(c, choice), actor=actor)
    _print_own(chosen, as_json)


@app.command("address")
def request_own_address(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The e-mail address.")],
    actor: SignedInAs,
    language: Annotated[Language, typer.Option(help="Language of the mails.")] = "vi",
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Ask for mail at an address; a link that is sent there confirms it at the desk.

    The password is asked for again, or comes from VERITEM_PASSWORD and VERITEM_ONE_TIME_CODE.
    """
    tools, proof = open_mail_tools(file), read_proof()
    own = call_service(
        file,
        lambda c: mail_addresses.request_own_address(
            c, tools, SignInBudgets(now_ms), proof, address, language
        ),
        actor=actor,
    )
    _print_own(own, as_json)


@app.command("test-mail")
def send_own_test(actor: SignedInAs, file: ConfigFile = None, as_json: Json = False) -> None:
    """Send a test mail to the address of the signed-in account."""
    tools = open_mail_tools(file)
    sent = call_service(file, lambda c: mail_addresses.send_own_test(c, tools), actor=actor)
    document = describe_mail(sent)
    print_result(document, as_json, lambda: print_fields(f"Mail {sent.id}", document.model_dump()))


@app.command("remove")
def remove_own_address(actor: SignedInAs, file: ConfigFile = None, as_json: Json = False) -> None:
    """Forget the address of the signed-in account; that address is told."""
    _print_own(call_service(file, mail_addresses.remove_own_address, actor=actor), as_json)


@app.command("mails")
def list_mails(
    state: Annotated[MailState | None, typer.Option(help="Only those in this state.")] = None,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List mails, the newest first, with the last answers; `--state dead` did not arrive."""
    request = PageRequest(DEFAULT_LIMIT, after)
    page = call_service(file, lambda c: mail_addresses.list_mails(c, state, request))

    def show() -> None:
        print_table(
            "Mails",
            ("mail", "account", "address", "purpose", "at", "state", "attempts", "answer"),
            [_list_cells(one) for one in page.items],
        )

    document = {"mails": [describe_mail(one) for one in page.items], "next": page.next}
    print_result(document, as_json, show)


@app.command("resend")
def resend_mail(
    mail: Annotated[str, typer.Argument(metavar="MAIL", help="Its id, as `mails` shows it.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Send a dead mail again, with the same Message-ID."""
    sent = call_service(file, lambda c: mail_addresses.resend_mail(c, mail), actor=actor)
    document = describe_mail(sent)
    print_result(document, as_json, lambda: print_fields(f"Mail {sent.id}", document.model_dump()))


def _split(text: str) -> tuple[str, str]:
    kind, _, mode = text.partition("=")
    return kind.strip(), mode.strip()


def _list_cells(mail: Mail) -> Sequence[object]:
    shown = mask_address(mail.address)
    answer = " ".join(str(one) for one in (mail.status, mail.failure, mail.answer) if one)
    at = format_local_time(mail.made_at)
    return mail.id, mail.staff, shown, mail.purpose, at, mail.state, mail.attempts, answer


def _print_own(own: OwnMail, as_json: bool) -> None:
    document = describe_own_mail(own)

    def show() -> None:
        print_fields("Mail", document.model_dump(exclude={"kinds"}))
        print_table("Kinds", ("kind", "told"), list(own.modes.items()))

    print_result(document, as_json, show)
