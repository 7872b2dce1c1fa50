"""`veritem mentions`: what others tell of your organisation, confirmed or disputed."""

from pathlib import Path
from typing import Annotated

import typer

from cli.context import ConfigFile, SignedInAs
from cli.output import Json, print_fields, print_result, print_table
from cli.use_cases import call_service
from ledger.record.mention_rows import MentionState
from ledger.record.mentions import MentionReply
from services.context import ServiceContext
from services.documents.events import MentionDocument, describe_mention
from services.paging import DEFAULT_LIMIT, MAX_LIMIT
from services.record import mentions

app = typer.Typer(
    no_args_is_help=True, help="Events of others that name your organisation: confirm, dispute."
)

Teller = Annotated[str, typer.Argument(metavar="TELLER", help="The organisation that told it.")]
EventId = Annotated[str, typer.Argument(metavar="EVENT", help="The hash in `mentions list`.")]


@app.command("list")
def list_(
    actor: SignedInAs,
    state: Annotated[
        MentionState | None,
        typer.Option(help="Only those that are open, confirmed, disputed or withdrawn."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LIMIT)] = DEFAULT_LIMIT,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the events of others that name your organisation, newest first."""

    async def find(context: ServiceContext) -> tuple[list[MentionDocument], str | None]:
        page = await mentions.list_mentions(context, state=state, limit=limit, after=after)
        return [describe_mention(one) for one in page.items], page.next

    found, following = call_service(file, find, actor=actor)
    print_result(
        {"mentions": found, "next": following},
        as_json,
        lambda: print_table(
            "Mentions",
            ("at", "teller", "step", "you are", "state", "event"),
            (
                (
                    one.at,
                    one.teller,
                    one.event.get("bizStep"),
                    ", ".join(one.sides),
                    one.state,
                    one.id,
                )
                for one in found
            ),
        ),
    )


@app.command()
def confirm(
    teller: Teller,
    event: EventId,
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Confirm that it is as the other tells."""
    _answer(teller, event, "confirmed", None, actor, file, as_json)


@app.command()
def dispute(
    teller: Teller,
    event: EventId,
    note: Annotated[str, typer.Argument(metavar="NOTE", help="What is wrong with it.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Dispute what the other tells, with a reason."""
    _answer(teller, event, "disputed", note, actor, file, as_json)


def _answer(
    teller: str,
    event: str,
    reply: MentionReply,
    note: str | None,
    actor: SignedInAs,
    file: Path | None,
    as_json: bool,
) -> None:
    answered = call_service(
        file, lambda c: mentions.answer_mention(c, teller, event, reply, note), actor=actor
    )
    document = describe_mention(answered)
    print_result(
        document,
        as_json,
        lambda: print_fields(
            f"Event {document.id}: {document.state}",
            {"teller": document.teller, "at": document.at},
        ),
    )
