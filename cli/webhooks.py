"""`veritem webhooks`: where events of organisations are sent, and what became of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from cli.context import ConfigFile, SignedInAs
from cli.desk_secrets import choose_webhook_keys
from cli.output import (
    Json,
    format_local_time,
    print_fields,
    print_line,
    print_result,
    print_table,
)
from cli.settings import read_settings
from cli.use_cases import call_service
from ledger.notices.notices import Notice, NoticeState
from ledger.notices.webhooks import SEAL_PURPOSE, Webhook
from ledger.storage.secret_seal import SecretSeal
from services.documents.webhooks import (
    describe_notice,
    describe_webhook,
    describe_webhook_secret,
)
from services.notices import webhooks
from services.notices.webhooks import WebhookRequest, WebhookWithSecret
from services.paging import DEFAULT_LIMIT, PageRequest

app = typer.Typer(no_args_is_help=True, help="Addresses to which events are sent, signed.")
T = TypeVar("T")

Id = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Its id, as `list` shows it.")]
Organisation = Annotated[str, typer.Argument(metavar="ORGANISATION", help="Whose events.")]
Events = Annotated[
    list[str], typer.Option("--event", help="An event; name the option once for each.")
]
Label = Annotated[str, typer.Option(help="A name to know it by.")]


@app.command("list")
def list_webhooks(
    organisation: Annotated[
        str | None, typer.Argument(metavar="[ORGANISATION]", help="All of them without it.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List webhooks, the oldest first."""
    found = call_service(file, lambda c: webhooks.list_webhooks(c, organisation))

    def show() -> None:
        rows = [(one.id, one.organisation, one.url, one.state, one.failures) for one in found]
        print_table("Webhooks", ("webhook", "organisation", "url", "state", "failures"), rows)

    print_result({"webhooks": [describe_webhook(one) for one in found]}, as_json, show)


@app.command("events")
def list_events(organisation: Organisation, file: ConfigFile = None, as_json: Json = False) -> None:
    """List the events that an organisation can ask for."""
    names = call_service(file, lambda c: webhooks.list_choices(c, organisation))
    print_result({"events": names}, as_json, lambda: print_line("\n".join(names)))


@app.command("add")
def add_webhook(
    organisation: Organisation,
    url: Annotated[str, typer.Argument(metavar="URL", help="An address with https.")],
    event: Events,
    actor: SignedInAs,
    label: Label = "",
    portal: Annotated[
        str | None, typer.Option("--portal", help="A portal's format: epcis or ten_items.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Have events of an organisation sent to an address; print the secret, this once."""
    request, seal = WebhookRequest(organisation, url, event, label, portal), _open_seal(file)
    made = call_service(file, lambda c: webhooks.add_webhook(c, seal, request), actor=actor)
    _print_secret(made, as_json)


@app.command("change")
def change_webhook(
    webhook: Id,
    event: Events,
    actor: SignedInAs,
    label: Label = "",
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Change the name and the events of a webhook."""
    changed = call_service(
        file, lambda c: webhooks.change_webhook(c, webhook, label, event), actor=actor
    )
    _print_webhook(changed, as_json)


@app.command("rotate")
def rotate_secret(
    webhook: Id, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Replace the secret and print the new one, this once; the former one signs for a day more."""
    seal = _open_seal(file)
    made = call_service(file, lambda c: webhooks.rotate_secret(c, seal, webhook), actor=actor)
    _print_secret(made, as_json)


@app.command("test")
def send_test(
    webhook: Id, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Send a test message."""
    sent = call_service(file, lambda c: webhooks.send_test(c, webhook), actor=actor)
    _print_notice(sent, as_json)


@app.command("enable")
def enable_webhook(
    webhook: Id, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Send to a disabled webhook again."""
    enabled = call_service(file, lambda c: webhooks.enable_webhook(c, webhook), actor=actor)
    _print_webhook(enabled, as_json)


@app.command("disable")
def disable_webhook(
    webhook: Id, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Send nothing more; what waits becomes dead letters."""
    disabled = call_service(file, lambda c: webhooks.disable_webhook(c, webhook), actor=actor)
    _print_webhook(disabled, as_json)


@app.command("remove")
def remove_webhook(
    webhook: Id, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Remove a webhook with its secrets, for good."""
    removed = call_service(file, lambda c: webhooks.remove_webhook(c, webhook), actor=actor)
    _print_webhook(removed, as_json)


@app.command("notices")
def list_notices(
    webhook: Id,
    state: Annotated[NoticeState | None, typer.Option(help="Only those in this state.")] = None,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List messages of a webhook, the newest first, with the last answers."""
    request = PageRequest(DEFAULT_LIMIT, after)
    page = call_service(file, lambda c: webhooks.list_notices(c, webhook, state, request))

    def show() -> None:
        print_table(
            "Messages",
            ("message", "event", "at", "state", "attempts", "answer"),
            [_list_cells(one) for one in page.items],
        )

    document = {"notices": [describe_notice(one) for one in page.items], "next": page.next}
    print_result(document, as_json, show)


@app.command("resend")
def resend_notice(
    webhook: Id,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="Its id (msg_…).")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Send a message again, with the same id."""
    sent = call_service(file, lambda c: webhooks.resend_notice(c, webhook, message), actor=actor)
    _print_notice(sent, as_json)


def _open_seal(file: Path | None) -> SecretSeal:
    return SecretSeal(SEAL_PURPOSE, choose_webhook_keys(read_settings(file)))


def _list_cells(notice: Notice) -> Sequence[object]:
    answer = " ".join(str(one) for one in (notice.status, notice.failure) if one is not None)
    at = format_local_time(notice.made_at)
    return notice.id, notice.event, at, notice.state, notice.attempts, answer


def _print_secret(made: WebhookWithSecret, as_json: bool) -> None:
    def show() -> None:
        print_line(f"Secret, shown this once: {made.secret}")
        _show(made.webhook)

    print_result(describe_webhook_secret(made), as_json, show)


def _print_webhook(webhook: Webhook, as_json: bool) -> None:
    print_result(describe_webhook(webhook), as_json, lambda: _show(webhook))


def _show(webhook: Webhook) -> None:
    fields = {
        "url": webhook.url,
        "organisation": webhook.organisation,
        "events": ", ".join(webhook.events),
        "state": webhook.state,
    }
    print_fields(f"Webhook {webhook.id}", fields)


def _print_notice(notice: Notice, as_json: bool) -> None:
    print_result(
        describe_notice(notice),
        as_json,
        lambda: print_fields(
            f"Message {notice.id}", {"event": notice.event, "state": notice.state}
        ),
    )
