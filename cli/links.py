"""`veritem links`: where GS1 keys lead to, and whose keys they are."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cli.context import ConfigFile, SignedInAs, read_input
from cli.output import CommandRefused, Json, print_fields, print_line, print_result, print_table
from cli.use_cases import call_service
from ledger import KeyOwner, LinkSetRow
from services.documents.links import (
    describe_key_owner,
    describe_link_answers,
    describe_link_set,
)
from services.links import key_owners, link_answers, link_sets, link_table
from services.links.link_sets import LinkSetRequest
from services.paging import DEFAULT_LIMIT, PageRequest
from traceability.links.link_set import LinkTarget
from web.spreadsheets import iterate_rows
from web.text_files import convert_to_utf8

app = typer.Typer(no_args_is_help=True, help="Links of GS1 keys (docs/gs1.md).")

Id = Annotated[str, typer.Argument(metavar="SET", help="Its id, as `list` shows it.")]
Document = Annotated[
    Path, typer.Argument(help='JSON: {"description": "…", "links": [{"type", "href", "title"}]}')
]
Version = Annotated[
    int | None, typer.Option("--version", help="The version that is edited; any without it.")
]


@app.command("list")
def list_link_sets(
    organisation: Annotated[
        str | None, typer.Argument(metavar="[ORGANISATION]", help="All of them without it.")
    ] = None,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the link sets, by key."""
    request = PageRequest(DEFAULT_LIMIT, after)
    page = call_service(file, lambda c: link_sets.list_link_sets(c, organisation, request))
    documents = [describe_link_set(row) for row in page.items]

    def show() -> None:
        rows = [(one.id, one.key, one.organisation, len(one.links)) for one in documents]
        print_table("Links of GS1 keys", ("set", "key", "organisation", "links"), rows)

    print_result({"link_sets": documents, "next": page.next}, as_json, show)


@app.command("show")
def show_link_set(link_set: Id, file: ConfigFile = None, as_json: Json = False) -> None:
    """Show the links of a key."""
    found = call_service(file, lambda c: link_sets.get_link_set(c, link_set))
    _print_set(found.row, as_json)


@app.command("answers")
def find_link_answers(
    link_set: Id,
    link_type: Annotated[
        str | None, typer.Option("--type", help="A link type, such as gs1:pip; else the default.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show where a key leads readers of each language."""
    found = call_service(file, lambda c: link_answers.find_link_answers(c, link_set, link_type))
    document = describe_link_answers(found)

    def show() -> None:
        rows = [
            (one.language or "other", str(one.status), link.title, link.href)
            for one in document.answers
            for link in one.links
        ]
        print_table("Answers", ("language", "status", "title", "address"), rows)

    print_result(document, as_json, show)


@app.command("add")
def add_link_set(
    key: Annotated[str, typer.Argument(help="(01)0893…, https://…/01/0893…")],
    document: Document,
    actor: SignedInAs,
    organisation: Annotated[
        str | None, typer.Option(help="Whose links they are; the owner of the key without it.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Add the links of a key."""
    description, links = _read_document(document)
    request = LinkSetRequest(key, description, links, organisation)
    row = call_service(file, lambda c: link_sets.add_link_set(c, request), actor=actor)
    _print_set(row, as_json)


@app.command("import")
def add_link_table(
    table: Annotated[
        Path, typer.Argument(help="CSV or XLSX: key, description, type, href, title, hreflang.")
    ],
    actor: SignedInAs,
    organisation: Annotated[
        str | None, typer.Option(help="Whose links they are; the owner of each key without it.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Add all keys of a table with their links, a link a line, or none of them."""
    rows = iterate_rows(read_input(table))
    added = call_service(
        file, lambda c: link_table.add_link_table(c, rows, organisation), actor=actor
    )
    documents = [describe_link_set(row) for row in added]

    def show() -> None:
        keys = [(one.id, one.key, len(one.links)) for one in documents]
        print_table("Links of GS1 keys", ("set", "key", "links"), keys)

    print_result({"link_sets": documents}, as_json, show)


@app.command("put")
def change_link_set(
    link_set: Id,
    document: Document,
    actor: SignedInAs,
    version: Version = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Give a key this description and these links."""
    description, links = _read_document(document)
    row = call_service(
        file,
        lambda c: link_sets.change_link_set(c, link_set, description, links, version=version),
        actor=actor,
    )
    _print_set(row, as_json)


@app.command("remove")
def remove_link_set(
    link_set: Id,
    actor: SignedInAs,
    version: Version = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Remove all links of a key."""
    call_service(
        file, lambda c: link_sets.remove_link_set(c, link_set, version=version), actor=actor
    )
    print_result({"removed": link_set}, as_json, lambda: print_line(f"Removed {link_set}"))


@app.command("owner")
def show_key_owner(
    organisation: Annotated[str, typer.Argument(metavar="ORGANISATION")],
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show the GS1 company prefixes of an organisation and the hosts of its links."""
    _print_owner(call_service(file, lambda c: key_owners.get_key_owner(c, organisation)), as_json)


@app.command("set-owner")
def change_key_owner(
    organisation: Annotated[str, typer.Argument(metavar="ORGANISATION")],
    actor: SignedInAs,
    prefix: Annotated[
        list[str] | None, typer.Option(help="A GS1 company prefix; once for each.")
    ] = None,
    host: Annotated[
        list[str] | None, typer.Option(help="A host that links may lead to; once for each.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Record all prefixes and hosts of an organisation, instead of the present ones."""
    owner = call_service(
        file,
        lambda c: key_owners.change_key_owner(c, organisation, prefix or [], host or []),
        actor=actor,
    )
    _print_owner(owner, as_json)


def _read_document(path: Path) -> tuple[str, tuple[LinkTarget, ...]]:
    """Description and links of a file. Raises `CommandRefused`."""
    try:
        content: Any = orjson.loads(convert_to_utf8(read_input(path)))
        links = tuple(LinkTarget.from_document(link) for link in content["links"])
        texts = [content.get("description", "")]
        for link in links:
            optional = [] if link.media_type is None else [link.media_type]
            texts += [link.type, link.href, link.title, *link.hreflang, *link.context, *optional]
    except orjson.JSONDecodeError as error:
        raise CommandRefused(why=f"{path} is not JSON: {error}") from error
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise CommandRefused(why=f"{path} has not the form of links: {error}") from error
    if not all(isinstance(text, str) for text in texts):
        raise CommandRefused(why=f"{path} has a value that is not a text")
    return texts[0], links


def _print_set(row: LinkSetRow, as_json: bool) -> None:
    document = describe_link_set(row)

    def show() -> None:
        fields = {
            "set": document.id,
            "organisation": document.organisation,
            "description": document.description,
            "version": str(document.version),
        }
        print_fields(document.key, fields)
        rows = [
            (link.type, link.title, ", ".join(link.hreflang), link.href) for link in document.links
        ]
        print_table("Links, the default first", ("type", "title", "languages", "address"), rows)

    print_result(document, as_json, show)


def _print_owner(owner: KeyOwner, as_json: bool) -> None:
    fields = {"prefixes": ", ".join(owner.prefixes), "hosts": ", ".join(owner.hosts)}
    print_result(
        describe_key_owner(owner), as_json, lambda: print_fields(owner.organisation, fields)
    )
