"""`veritem review`: lots are submitted, reviewed and published."""

from typing import Annotated

import typer

from cli.context import ConfigFile, SignedInAs
from cli.output import Json, print_fields, print_line, print_result, print_table
from cli.settings import Settings
from cli.use_cases import call_issuing_service, call_service
from ledger import SubmissionState
from ledger.lists.records import read_submission
from ledger.lots.review_rules import COUNTRY
from services.context import ServiceContext
from services.documents.reviews import (
    SubmissionDocument,
    describe_publication,
    describe_review,
    describe_review_rule,
    describe_submission,
)
from services.lists.description import ListRequest
from services.lists.find import find_list_page
from services.lists.reviews import SUBMISSIONS
from services.lots import lot_reviews, lots

app = typer.Typer(no_args_is_help=True, help="Reviews: lots are submitted, reviewed, published.")

ReviewId = Annotated[int, typer.Argument(metavar="REVIEW", help="The id in `review list`.", min=1)]
Comment = Annotated[str, typer.Argument(metavar="COMMENT", help="What to correct.")]


@app.command("list")
def list_(
    state: Annotated[SubmissionState | None, typer.Option(help="Only those in this state.")] = None,
    search: Annotated[str, typer.Option(help="A lot, product or organisation.")] = "",
    province: Annotated[str | None, typer.Option(help="Two digits: of its packers.")] = None,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List submitted lots, the longest waiting first; those that wait unless a state is named."""
    filters = {"state": state, "province": province}
    asked = ListRequest(
        search=search,
        filters={name: (value,) for name, value in filters.items() if value is not None},
        after=after,
    )

    async def find(context: ServiceContext) -> tuple[list[SubmissionDocument], str | None]:
        page = await find_list_page(context, SUBMISSIONS, asked)
        return [describe_submission(read_submission(row)) for row in page.rows], page.next

    found, following = call_service(file, find)
    print_result(
        {"submissions": found, "next": following},
        as_json,
        lambda: print_table(
            "Submitted lots",
            ("review", "lot", "version", "organisation", "submitted", "state"),
            (
                (
                    str(one.id),
                    one.lot,
                    str(one.version),
                    one.organisation,
                    one.submitted_at,
                    one.state,
                )
                for one in found
            ),
        ),
    )


@app.command("show")
def show_review(review: ReviewId, file: ConfigFile = None, as_json: Json = False) -> None:
    """Show a submitted lot, its record and the steps of its review."""
    found = describe_review(call_service(file, lambda c: lot_reviews.open_review(c, review)))

    def render() -> None:
        one = found.submission
        _print_submission(one)
        print_table(
            "Steps",
            ("at", "by", "step", "comment"),
            ((step.at, step.actor, step.what, step.text) for step in found.steps),
        )

    print_result(found, as_json, render)


@app.command("submit")
def submit_lot(
    lot: Annotated[str, typer.Argument(metavar="LOT", help="The lot, in its last version.")],
    actor: SignedInAs,
    note: Annotated[str, typer.Option(help="A message to the reviewer.")] = "",
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Submit a lot for review."""

    async def submit(context: ServiceContext) -> SubmissionDocument:
        row = await lots.get_lot(context, lot)
        sent = await lot_reviews.submit_version(context, row.code, row.version, note)
        return describe_submission(sent)

    _print(call_service(file, submit, actor=actor), as_json)


@app.command("approve")
def approve_version(
    review: ReviewId,
    actor: SignedInAs,
    comment: Annotated[str, typer.Option(help="A comment.")] = "",
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Approve a submitted lot; the last approval that it needs publishes it."""

    async def approve(context: ServiceContext, _: Settings) -> SubmissionDocument:
        return describe_submission(await lot_reviews.approve_version(context, review, comment))

    _print(call_issuing_service(file, approve, actor=actor), as_json)


@app.command("return")
def return_version(
    review: ReviewId,
    comment: Comment,
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Return a submitted lot to its organisation."""
    done = call_service(file, lambda c: lot_reviews.return_version(c, review, comment), actor=actor)
    _print(describe_submission(done), as_json)


@app.command("withdraw")
def withdraw_version(
    review: ReviewId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Withdraw a submitted lot of the own organisation."""
    done = call_service(file, lambda c: lot_reviews.withdraw_version(c, review), actor=actor)
    _print(describe_submission(done), as_json)


@app.command("publication")
def show_publication(
    lot: Annotated[str, typer.Argument(metavar="LOT")],
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show what is published of a lot, and who vouches for it."""
    found = describe_publication(call_service(file, lambda c: lot_reviews.get_publication(c, lot)))
    names = [one["name"] or "–" for one in found.statement["reviewers"]]
    print_result(
        found,
        as_json,
        lambda: print_fields(
            f"Lot {found.lot}, version {found.version}",
            {
                "published": found.at,
                "SHA-256 of the record": found.statement["sha256"],
                "submitted by": found.statement["author"]["name"],
                "reviewed by": ", ".join(names),
                "signed by": found.signature["kid"],
            },
        ),
    )


@app.command("rule")
def set_rule(
    reviewers: Annotated[int, typer.Argument(help="How many people review a record: 1 or 2.")],
    actor: SignedInAs,
    province: Annotated[
        str, typer.Option(help="Two digits; without it the rule is of the whole country.")
    ] = COUNTRY,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Set how many people review records; of province and country the stricter rule holds."""
    rule = call_service(
        file, lambda c: lot_reviews.set_review_rule(c, province, reviewers), actor=actor
    )
    described = describe_review_rule(rule)
    where = described.province or "the whole country"
    print_result(described, as_json, lambda: print_line(f"{where}: {described.reviewers}"))


def _print(one: SubmissionDocument, as_json: bool) -> None:
    print_result(one, as_json, lambda: _print_submission(one))


def _print_submission(one: SubmissionDocument) -> None:
    print_fields(
        f"Review {one.id}",
        {
            "lot": one.lot,
            "version": one.version,
            "organisation": one.organisation,
            "state": one.state,
            "reviewers": one.reviewers,
            "submitted": f"{one.submitted_at} by {one.submitted_by}",
            "SHA-256 of the record": one.sha256,
        },
    )
