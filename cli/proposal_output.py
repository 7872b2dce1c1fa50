"""Output of proposals and of decisions of two people."""

from typing import Final

from cli.output import format_local_time, print_fields, print_line, print_message, print_result
from ledger import Proposal
from services.documents import describe_proposal

UNENFORCED: Final = (
    "On SQLite nothing but this program enforces that two people decide; on PostgreSQL the "
    "database does."
)


def print_proposed(proposal: Proposal, as_json: bool) -> None:
    """Print a proposal that was just made, and what the second person does."""

    def render() -> None:
        render_proposal(proposal)
        print_line(f"Another person decides: veritem proposals approve {proposal.id}")

    print_result(describe_proposal(proposal), as_json, render)


def print_decision(proposal: Proposal, *, is_sqlite: bool, as_json: bool) -> None:
    """Print a decision of two people, and on SQLite that only this program enforces it."""
    print_result(describe_proposal(proposal), as_json, lambda: render_proposal(proposal))
    warn_of_decision(
        is_sqlite=is_sqlite,
        is_one_system_user=proposal.decided_system_user == proposal.requested_system_user,
    )


def warn_of_decision(*, is_sqlite: bool, is_one_system_user: bool = False) -> None:
    """Say on standard error what weakens a decision of two people."""
    if is_sqlite:
        print_message((UNENFORCED, "dim"))
    if is_one_system_user:
        print_message(("Both accounts acted as the same user of the operating system.", "dim"))


def render_proposal(proposal: Proposal) -> None:
    """Print a proposal for people."""
    fields = {
        "subject": proposal.subject,
        "reason": proposal.reason,
        "requested by": proposal.requested_by,
        "decided by": proposal.decided_by,
        "done": format_local_time(proposal.used_at) or None,
    }
    print_fields(
        f"Proposal {proposal.id}, {proposal.kind}: {proposal.state}",
        {name: value for name, value in fields.items() if value is not None},
    )
