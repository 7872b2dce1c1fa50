"""`veritem generation`: the ledger's generation, and what others left in Redis."""

from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import IO, Annotated, Any, Final, TypeVar

import orjson
import typer

from cli.context import ConfigFile, get_user_name, open_installation, run_async
from cli.output import (
    CommandRefused,
    Json,
    format_local_time,
    print_fields,
    print_result,
    print_table,
)
from cli.output_file import open_output_file
from cli.settings import Settings, read_settings
from ledger.backups.restores import renew_generation
from ledger.storage.generation import Generation, is_generation_id
from resolver.journal.set_aside import (
    SetAsideScans,
    count_scans,
    delete_histories,
    delete_scans,
    iterate_scans,
    list_set_aside,
)
from resolver.redis import RedisRefused, RedisStore, is_redis_url, open_store
from stamps.timestamps import format_rfc3339

FIRST: Final = "first"
"""Name of the generation before the first restore, whose id is empty."""

T = TypeVar("T")

GenerationName = Annotated[
    str, typer.Argument(metavar="ID", help="Eight digits and letters, or `first`.")
]

app = typer.Typer(no_args_is_help=True, help="The ledger's generation, renewed by each restore.")


@app.command()
def show(file: ConfigFile = None, as_json: Json = False) -> None:
    """Show the present generation, and the scans that others left in Redis."""

    async def load_generations() -> tuple[Generation, Sequence[SetAsideScans]]:
        async with open_installation(file) as (settings, ledger):
            present = await ledger.generations.get()
        return present, await find_set_aside(settings, present)

    present, others = run_async(load_generations())
    document = {**describe_generation(present), "set_aside": describe_set_aside(others)}

    def render() -> None:
        print_fields(
            "Generation",
            {
                "id": present.id or FIRST,
                "number": present.number,
                "since": format_local_time(present.at),
                "cause": present.cause,
            },
        )
        print_set_aside(others)

    print_result(document, as_json, render)


@app.command()
def renew(
    reason: Annotated[str, typer.Option(help="Why: a recovery to a point in time, a standby.")],
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Begin a new generation after the ledger went back by other means than `veritem restore`.

    Stop all services first, and run it before they start: what the lost future left in Redis is
    then set aside.
    """
    if not reason.strip():
        raise CommandRefused(why="--reason is empty")
    settings = read_settings(file)

    async def run() -> tuple[Generation, Sequence[SetAsideScans]]:
        present = await renew_generation(settings.ledger.url, reason.strip())
        return present, await find_set_aside(settings, present)

    present, others = run_async(run())

    def render() -> None:
        print_fields("Renewed the generation", {"id": present.id, "number": present.number})
        print_set_aside(others)

    document = {**describe_generation(present), "set_aside": describe_set_aside(others)}
    print_result(document, as_json, render)


@app.command()
def export(
    generation: GenerationName,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="JSON, a scan a line.")],
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Write the scans of another generation's stream to a file; nothing is removed.

    They were answered, and are not in the ledger.
    """
    id_ = _parse_name(generation)

    async def copy(store: RedisStore, file: IO[bytes]) -> int:
        number = 0
        async for was_put_aside, evidence in iterate_scans(store, id_):
            file.write(_encode_scan(evidence, was_put_aside=was_put_aside))
            number += 1
        return number

    async def run(lines: IO[bytes]) -> int:
        async with open_installation(file) as (settings, _), _open_journal(settings) as store:
            return await _ask(copy(store, lines))

    with open_output_file(out) as lines:
        scans = run_async(run(lines))
    print_result(
        {"generation": generation, "scans": scans, "file": str(out)},
        as_json,
        lambda: print_fields(f"Exported to {out}", {"scans": scans}),
    )


@app.command()
def delete(
    generation: GenerationName,
    with_scans: Annotated[
        bool, typer.Option("--with-scans", help="Delete its stream as well (export it first).")
    ] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Delete the histories and tokens that another generation left in Redis.

    The scans of its stream are evidence that is nowhere else: they stay, without --with-scans.
    """
    id_ = _parse_name(generation)

    async def run() -> dict[str, Any]:
        async with open_installation(file) as (settings, ledger):
            if (await ledger.generations.get()).id == id_:
                raise CommandRefused(why=f"{generation} is the present generation")
            scans = await _count_deleted(settings, id_) if with_scans else 0
            # Before anything is deleted: a killed command leaves no deletion without its entry.
            await ledger.audit.append(
                actor=get_user_name(),
                action="generation.delete",
                subject=f"generations:{generation}",
                details={"scans": scans},
            )
            keys = 0
            if is_redis_url(settings.resolver.history):
                async with _open_redis(settings.resolver.history) as store:
                    keys = await _ask(delete_histories(store, id_))
            if scans:
                async with _open_journal(settings) as store:
                    await _ask(delete_scans(store, id_))
            return {"keys": keys, "scans": scans}

    done = run_async(run())
    print_result(
        {"generation": generation, **done},
        as_json,
        lambda: print_fields(f"Deleted what generation {generation} left", done),
    )


async def find_set_aside(settings: Settings, present: Generation) -> list[SetAsideScans]:
    """List the scans of other generations in the Redis of the journal; none without a Redis.

    Raises `CommandRefused`: it does not answer.
    """
    if not is_redis_url(settings.resolver.journal):
        return []
    async with _open_journal(settings) as store:
        return await _ask(list_set_aside(store, present.id))


def describe_generation(generation: Generation) -> dict[str, Any]:
    """A generation as JSON."""
    return {
        "generation": generation.id or FIRST,
        "number": generation.number,
        "since": None if generation.at is None else format_rfc3339(generation.at),
        "cause": generation.cause,
    }


def describe_set_aside(others: Sequence[SetAsideScans]) -> list[dict[str, Any]]:
    """The scans of other generations as JSON."""
    return [
        {"generation": one.generation or FIRST, "scans": one.scans, "put_aside": one.put_aside}
        for one in others
    ]


def print_set_aside(others: Sequence[SetAsideScans]) -> None:
    """Print the scans of other generations, and the commands for them."""
    if others:
        print_table(
            "Answered scans that are only in the stream of another generation",
            ("generation", "scans", "put aside", "to read them"),
            (
                (name, one.scans, one.put_aside, f"veritem generation export {name} --out FILE")
                for one in others
                for name in (one.generation or FIRST,)
            ),
        )


async def _count_deleted(settings: Settings, id_: str) -> int:
    async with _open_journal(settings) as store:
        found = await _ask(count_scans(store, id_))
    return found.scans + found.put_aside


def _parse_name(name: str) -> str:
    id_ = "" if name == FIRST else name
    if not is_generation_id(id_) or name == "":
        raise CommandRefused(why=f"{name!r} is not the id of a generation")
    return id_


def _encode_scan(evidence: bytes, *, was_put_aside: bool) -> bytes:
    """A line of the export; what is not JSON is kept as hexadecimal digits."""
    try:
        document = orjson.loads(evidence)
    except ValueError:
        document = {"unreadable": evidence.hex()}
    return orjson.dumps({"put_aside": was_put_aside, **document}) + b"\n"


@asynccontextmanager
async def _open_redis(url: str) -> AsyncIterator[RedisStore]:
    store = open_store(url)
    try:
        await _ask(store.ready())
        yield store
    finally:
        await store.close()


def _open_journal(settings: Settings) -> AbstractAsyncContextManager[RedisStore]:
    if not is_redis_url(settings.resolver.journal):
        raise CommandRefused(why="the journal is not on Redis: no scan is in a stream")
    return _open_redis(settings.resolver.journal)


async def _ask(answer: Awaitable[T]) -> T:
    """Await an answer of Redis. Raises `CommandRefused`."""
    try:
        return await answer
    except (ConnectionError, RedisRefused) as error:
        raise CommandRefused(why=f"Redis does not answer: {error}") from error
