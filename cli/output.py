"""Output of commands: text for people, one JSON document for machines (`--json`).

Answers go to standard output. Progress, warnings and refusals go to standard error, so that a pipe
carries the answer alone. No value is ever parsed as rich markup: the consoles have it switched off,
and styles are given by argument.
"""

import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
import structlog
import typer
from pydantic import BaseModel
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from stamps.errors import VeritemError
from stamps.vietnam_time import VIETNAM_TIME
from web.log_limit import LogLimit, StructlogHandler

Json = Annotated[bool, typer.Option("--json", help="Answer with JSON, for machines.")]

_UNBOUNDED: Final = 100_000
"""Columns of a line that is not folded."""


def _make_console(*, stderr: bool = False, width: int | None = None) -> Console:
    return Console(markup=False, highlight=False, emoji=False, stderr=stderr, width=width)


_answers: Final = _make_console()
_messages: Final = _make_console(stderr=True)


class CommandRefused(VeritemError):
    """A command cannot do what it was asked; the message says why in one line."""

    code = "refused"
    message = "{why}"


def replace_unencodable_characters() -> None:
    """Print a question mark for what the terminal's encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def log_errors_only() -> None:
    """Log errors only, on standard error: commands print themselves what matters."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def log_json() -> None:
    """Log JSON lines on standard error, for the operator of a service (`web.log_limit`)."""
    logging.basicConfig(handlers=[StructlogHandler()], level=logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            LogLimit(),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def print_result(document: Any, as_json: bool, render: Callable[[], None]) -> None:
    """Print `document` as one JSON line, or call `render` to print it for people."""
    if as_json:
        sys.stdout.write(encode_json(document) + "\n")
    else:
        render()


def print_refusal(error: VeritemError, as_json: bool) -> None:
    """Print why a command was refused: one line, or one JSON document."""
    if as_json:
        document = {"error": error.code, "message": str(error), **error.evidence}
        sys.stderr.write(encode_json(document) + "\n")
    else:
        line = Text.assemble(("veritem:", "bold red"), " ", " ".join(str(error).splitlines()))
        _messages.print(line, soft_wrap=True)


def encode_json(document: Any) -> str:
    """JSON text of a document; pure ASCII where standard output cannot encode more."""
    # Enumerations of text also occur as keys.
    encoded = orjson.dumps(document, default=_to_json, option=orjson.OPT_NON_STR_KEYS)
    encoding = (sys.stdout.encoding or "ascii").lower()
    if encoding.startswith("utf"):
        return encoded.decode()
    return json.dumps(orjson.loads(encoded))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; columns of numbers are aligned right, and cells wrap but are never cut."""
    listed = [list(row) for row in rows]
    drawn = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    for at, column in enumerate(columns):
        is_numeric = bool(listed) and all(isinstance(row[at], int | float) for row in listed)
        drawn.add_column(column, justify="right" if is_numeric else "left", overflow="fold")
    for row in listed:
        drawn.add_row(*(Text(format_value(value)) for value in row))
    # A pipe has no width: grep finds a value only where it stands in one line.
    console = _answers if _answers.is_terminal else _make_console(width=_UNBOUNDED)
    console.print(drawn)
    if not listed:
        _answers.print("  none", style="dim")


def print_fields(title: str, fields: Mapping[str, Any], style: str = "bold") -> None:
    """Print named values, one a line."""
    _answers.print(title, style=style, soft_wrap=True)
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        _answers.print(f"  {name:{width}}  {format_value(value)}".rstrip(), soft_wrap=True)


def print_line(*parts: str | tuple[str, str]) -> None:
    """Print one line of the answer; a part is text, or text and its style."""
    _answers.print(Text.assemble(*parts), soft_wrap=True)


def print_message(*parts: str | tuple[str, str]) -> None:
    """Print one line on standard error: a warning, progress, where a service listens."""
    _messages.print(Text.assemble(*parts), soft_wrap=True)


def print_warning(text: str) -> None:
    """Print a warning on standard error."""
    print_message((" ! ", "black on yellow"), " ", (text, "yellow"))


def format_value(value: Any) -> str:
    """A value for people: thousands separated, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def format_local_time(at: int | None) -> str:
    """Milliseconds since the epoch as Vietnam's time, to the minute; nothing for None."""
    if at is None:
        return ""
    return datetime.fromtimestamp(at / 1000, VIETNAM_TIME).strftime("%Y-%m-%d %H:%M")


@contextmanager
def show_progress(task: str, as_json: bool) -> Iterator[Callable[[int, int], None]]:
    """Show the progress of long work: a bar for people, `{"progress": …}` lines for machines.

    Yields a function to call with how much is done and how much there is.
    """
    if as_json:
        yield _ProgressLines(task).report
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_messages, transient=True) as bars:
        bar = bars.add_task(task, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


class _ProgressLines:
    """Progress as JSON lines on standard error, one a percent."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._percent = -1

    def report(self, done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        if percent != self._percent:
            self._percent = percent
            line = {"progress": self._task, "done": done, "total": total}
            sys.stderr.write(encode_json(line) + "\n")


def _to_json(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)
