"""`veritem backup` and `veritem restore`: a consistent copy of the ledger."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.context import ConfigFile, run_async
from cli.generation import (
    describe_generation,
    describe_set_aside,
    find_set_aside,
    print_set_aside,
)
from cli.known_heads import HeadFile, load_known_heads
from cli.output import CommandRefused, Json, print_fields, print_result, print_warning
from cli.photo_copies import (
    copy_evidence,
    copy_photos,
    describe_photos,
    drop_erased_evidence,
    restore_evidence,
    restore_photos,
    warn_of_damage,
)
from cli.rehearsal import describe_heads, print_rehearsal
from cli.settings import Settings, read_settings
from cli.undone import describe_undone, print_undone
from ledger import back_up, open_ledger
from ledger import restore as restore_ledger
from ledger.audit.chain_proof import HeadComparison, find_lost
from ledger.audit.head_statement import AUDIT, TRANSITIONS, Heads, HeadStatement
from ledger.audit.stated_recalls import list_undone
from ledger.backups.backup import read_copy_heads
from ledger.storage.generation import Generation
from resolver.journal.set_aside import SetAsideScans
from stamps.timestamps import format_rfc3339

Copy = Annotated[Path, typer.Argument(metavar="FILE", help="The copy.")]


def backup(target: Copy, file: ConfigFile = None, as_json: Json = False) -> None:
    """Copy the ledger as of one moment, while services run. The copy holds no keys.

    Photos and files of evidence are copied to the folders `attachments` and `evidence` beside it,
    which all copies there share. Erased files leave them.
    """
    settings = read_settings(file)
    run_async(back_up(settings.ledger.url, target))
    photos = copy_photos(settings, target.parent)
    evidence = copy_evidence(settings, target.parent)
    run_async(drop_erased_evidence(settings, target.parent))
    size = target.stat().st_size
    print_result(
        {
            "backup": str(target),
            "bytes": size,
            "photos": describe_photos(photos),
            "evidence": describe_photos(evidence),
        },
        as_json,
        lambda: print_fields(
            f"Copied the ledger to {target}",
            {"bytes": size, "new photos": photos.copied, "new evidence": evidence.copied},
        ),
    )
    warn_of_damage(photos)
    warn_of_damage(evidence, "file of evidence")


def restore(
    source: Copy,
    head: HeadFile = None,
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss", help="Restore a copy that lacks signed rows; two people accept it."
        ),
    ] = False,
    rehearse: Annotated[
        bool,
        typer.Option("--rehearse", help="Restore aside, verify, report sizes and times, remove."),
    ] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Restore a copy where there is no ledger; an existing ledger is never overwritten.

    The copy is compared with the heads that were signed and pushed. If rows after it were signed,
    it is restored with `--accept-loss` only. Services do not start on it before two people accepted
    the loss (`veritem heads accept-loss`) and the signer stated it (`veritem heads resume`).
    """
    settings = read_settings(file)
    in_force = [known.statement for known in load_known_heads(settings, head).in_force]
    if rehearse:
        print_rehearsal(source, settings.ledger.url, in_force, as_json)
        return
    heads = run_async(read_copy_heads(source, settings.ledger.url))
    lost = [str(one) for one in find_lost(heads, in_force[-1])] if in_force else []
    if lost and not accept_loss:
        signed = format_rfc3339(in_force[-1].at)
        why = f"{', '.join(lost)} were signed until {signed} and are not in {source}"
        if recalls := list_undone(in_force, heads[AUDIT][0], None).recalls:
            why += f", among them {len(recalls)} recalls"
        raise CommandRefused(why=f"{why}; nothing was restored, see --accept-loss")
    generation = run_async(restore_ledger(source, settings.ledger.url))
    photos = restore_photos(settings, source.parent)
    evidence = restore_evidence(settings, source.parent)
    comparison, last, made = run_async(_compare(settings, in_force, heads))
    undone = list_undone(in_force, heads[AUDIT][0], made)
    others, silence = _find_set_aside(settings, generation)
    document = {
        "restored": str(source),
        "copy_heads": describe_heads(heads),
        "heads": len(in_force),
        "lost": lost,
        "undone": describe_undone(undone),
        "rewritten": [str(row) for row in comparison.rewritten],
        "last": last,
        "photos": describe_photos(photos),
        "evidence": describe_photos(evidence),
        **describe_generation(generation),
        "set_aside": None if silence else describe_set_aside(others),
    }

    def render() -> None:
        checked = {"compared with signed heads": len(in_force) or "none are known"}
        moment = {f"last of {table}": at or "none" for table, at in last.items()}
        print_fields(
            f"Restored {source}",
            {
                **{f"head of {chain}": head for chain, head in describe_heads(heads).items()},
                **moment,
                "photos": photos.copied,
                "evidence": evidence.copied,
                **checked,
                "generation": generation.id,
                "check it with": "veritem audit verify",
            },
        )
        print_undone(undone)
        warn_of_damage(photos)
        warn_of_damage(evidence, "file of evidence")
        print_set_aside(others)
        if silence:
            print_warning(f"{silence}; see what it keeps with `veritem generation show`")
        print_warning(_describe_unknown(in_force))
        if not comparison.ok:
            print_warning(comparison.describe())
            print_warning("services do not start on it before `veritem heads accept-loss`")

    print_result(document, as_json, render)
    if comparison.rewritten:
        raise typer.Exit(1)


async def _compare(
    settings: Settings, in_force: Sequence[HeadStatement], heads: Heads
) -> tuple[HeadComparison, dict[str, str | None], dict[str, int]]:
    async with await open_ledger(settings.ledger.url) as ledger:
        times = await ledger.chains.read_last_times()
        last = {table: format_rfc3339(at) for table, at in times.items()}
        made = await ledger.chains.count_transitions(heads[TRANSITIONS][0])
        return await ledger.chains.compare(in_force), last, made


def _describe_unknown(in_force: Sequence[HeadStatement]) -> str:
    """Text for the time after the copy, of which no head tells."""
    if not in_force:
        return "recalls and scans after these times are undone: repeat the recalls first"
    signed = format_rfc3339(in_force[-1].at)
    if in_force[-1].made is None:
        return f"the heads until {signed} do not say which recalls are undone: see the papers"
    return f"scans after these times are undone; recalls after {signed} are in no head"


def _find_set_aside(
    settings: Settings, generation: Generation
) -> tuple[list[SetAsideScans], str | None]:
    """The scans that the lost future left in Redis, or why they are not known."""
    try:
        return run_async(find_set_aside(settings, generation)), None
    except CommandRefused as error:  # the ledger is restored all the same
        return [], str(error)
