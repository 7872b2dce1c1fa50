"""Recalls that a restore undoes, as signed heads state them, with the command to repeat each."""

import json
import shlex
from typing import Any

from cli.output import print_fields, print_line, print_warning
from ledger.audit.head_statement import StatedRecall
from ledger.audit.stated_recalls import UndoneContent
from ledger.stamps.recalls import RecallTarget
from stamps.serial_range import format_serial_range


def format_recall_command(recall: StatedRecall) -> str:
    """The command that proposes a recall again; it can be pasted into a shell."""
    content: dict[str, Any] = json.loads(recall.content)
    target = RecallTarget.from_document({**content, "lots": ()})
    if target.code is not None:
        days = {"since": target.since, "until": target.until}
        what = [f"--code={target.code}", *(f"--{name}={day}" for name, day in days.items() if day)]
    elif target.lot is not None:
        what = [f"--lot={target.lot}"]
    elif target.batch is not None:
        what = [f"--batch={target.batch}"]
    elif target.carton is not None and not target.ranges:
        what = [f"--carton={target.carton}"]
    else:
        what = [format_serial_range(*one) for one in target.ranges]
    return shlex.join(["veritem", "stamps", "recall", *what, f"--reason={content['reason']}"])


def describe_undone(undone: UndoneContent) -> dict[str, Any]:
    """Return what a restore undoes, as JSON."""
    return {
        "recalls": [
            {**json.loads(one.content), "audit": one.audit, "command": format_recall_command(one)}
            for one in undone.recalls
        ],
        "recalls_left_out": undone.left_out,
        "others": None if undone.others is None else dict(undone.others),
    }


def print_undone(undone: UndoneContent) -> None:
    """Print undone recalls first, then the number of other transitions of each kind."""
    if undone.recalls:
        print_warning(
            "these recalls are undone: their stamps are authentic again. Propose each, and let"
            " another person approve it, before services start"
        )
        print_line(("Undone recalls", "bold"))
        for one in undone.recalls:  # not as a table: a wrapped command cannot be pasted
            print_line(f"  {format_recall_command(one)}")
    if undone.left_out:
        print_warning(f"{undone.left_out} more recalls had no room in the heads; see the papers")
    if undone.others:
        print_fields("Other transitions that are undone", undone.others)
