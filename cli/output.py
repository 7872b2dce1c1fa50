"""What a command says: lines for people, one JSON document for machines (`--json`).

Answers go to standard output; progress, warnings and refusals go to standard error, so that a
pipe carries the answer alone.
"""

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import orjson
import structlog
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from stamps.errors import VeritemError

Json = Annotated[bool, typer.Option("--json", help="Answer with JSON, for machines.")]

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")

answers: Final = Console()
asides: Final = Console(stderr=True)


class Refused(VeritemError):
    """A command can not do what it was asked; the message says why in one line."""

    code = "refused"
    message = "{why}"


def say(document: Any, as_json: bool, lines: Callable[[], None]) -> None:
    """Answer: `document` as one JSON line when asked, else whatever `lines` prints."""
    if as_json:
        sys.stdout.write(_json(document) + "\n")
    else:
        lines()


def quiet_logs() -> None:
    """Keep the rooms' logs to errors, on standard error: commands say themselves what matters."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def json_logs() -> None:
    """Write the rooms' logs as JSON lines on standard error: what a service's operator reads."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def refusal(error: VeritemError, as_json: bool) -> None:
    """Say why a command was refused: one clear line, or one JSON document."""
    if as_json:
        document = {"error": error.code, "message": str(error), **error.evidence}
        sys.stderr.write(_json(document) + "\n")
    else:
        asides.print(f"[bold red]veritem:[/] {error}", highlight=False, soft_wrap=True)


def _json(document: Any) -> str:
    # States and reasons are enumerations of text, also where they are keys.
    return orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; numbers stand right, times are Vietnam's."""
    drawn = Table(title=title, title_justify="left", header_style="bold")
    listed = [list(row) for row in rows]
    for at, column in enumerate(columns):
        numeric = bool(listed) and all(isinstance(row[at], int | float) for row in listed)
        drawn.add_column(column, justify="right" if numeric else "left")
    for row in listed:
        drawn.add_row(
            *(f"{v:,}" if isinstance(v, int) else "" if v is None else str(v) for v in row)
        )
    answers.print(drawn)


def facts(title: str, pairs: Mapping[str, Any]) -> None:
    """Print named values, one a line."""
    answers.print(f"[bold]{title}[/]", highlight=False, soft_wrap=True)
    width = max(map(len, pairs), default=0)
    for name, value in pairs.items():
        shown = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
        told = "" if shown is None else shown
        answers.print(f"  {name:{width}}  {told}", highlight=False, soft_wrap=True)


def when(at: int | None) -> str:
    """Write milliseconds since the epoch as Vietnam's time."""
    if at is None:
        return ""
    return datetime.fromtimestamp(at / 1000, VIETNAM).strftime("%Y-%m-%d %H:%M:%S")


@contextmanager
def progress(what: str, as_json: bool) -> Iterator[Callable[[int, int], None]]:
    """Show progress of long work: a bar for people, `{"progress": …}` events for machines.

    Yields a function to call with how much is done and how much there is.
    """
    if as_json:
        last = -1

        def event(done: int, total: int) -> None:
            nonlocal last
            percent = 100 * done // total if total else 100
            if percent != last:
                last = percent
                line = {"progress": what, "done": done, "total": total}
                sys.stderr.write(_json(line) + "\n")

        yield event
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=asides, transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
