"""`veritem proposals`: what one person asked for and another decides."""

from typing import Annotated

import typer

from cli.context import ConfigFile, SignedInAs
from cli.output import Json, format_local_time, print_result, print_table
from cli.proposal_output import print_decision, render_proposal
from cli.use_cases import call_service
from ledger import Proposal, ProposalState
from services import ServiceContext
from services.documents import describe_proposal
from services.proposals import proposals

app = typer.Typer(no_args_is_help=True, help="Proposals: what needs a second person.")

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The proposal's number.")]


@app.command("list")
def list_(
    actor: SignedInAs,
    state: Annotated[
        ProposalState | None, typer.Option(help="Only proposals in this state.")
    ] = ProposalState.OPEN,
    every: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List what waits for a second person, newest first."""
    wanted = None if every else state
    page = call_service(file, lambda c: proposals.list_proposals(c, state=wanted), actor=actor)
    print_result(
        {"proposals": [describe_proposal(one) for one in page.items], "next": page.next},
        as_json,
        lambda: print_table(
            "Proposals",
            ("number", "what", "subject", "reason", "state", "by", "on", "decided by"),
            (
                (
                    str(one.id),
                    one.kind,
                    one.subject,
                    one.reason,
                    one.state,
                    one.requested_by,
                    format_local_time(one.requested_at),
                    one.decided_by,
                )
                for one in page.items
            ),
        ),
    )


@app.command("show")
def show_proposal(
    number: Number, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Show a proposal."""
    found = call_service(file, lambda c: proposals.get_proposal(c, number), actor=actor)
    print_result(describe_proposal(found), as_json, lambda: render_proposal(found))


@app.command()
def approve(
    number: Number, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Approve a proposal of another person; what it asks for is done at once."""

    async def decide(context: ServiceContext) -> tuple[Proposal, bool]:
        approval = await proposals.approve_proposal(context, number)
        return approval.proposal, context.ledger.is_sqlite

    approved, is_sqlite = call_service(file, decide, actor=actor)
    print_decision(approved, is_sqlite=is_sqlite, as_json=as_json)


@app.command()
def refuse(
    number: Number, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Refuse a proposal of another person."""
    refused = call_service(file, lambda c: proposals.refuse_proposal(c, number), actor=actor)
    print_result(describe_proposal(refused), as_json, lambda: render_proposal(refused))


@app.command()
def withdraw(
    number: Number, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Withdraw one's own proposal."""
    withdrawn = call_service(file, lambda c: proposals.withdraw_proposal(c, number), actor=actor)
    print_result(describe_proposal(withdrawn), as_json, lambda: render_proposal(withdrawn))
