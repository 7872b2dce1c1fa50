"""`veritem restore --rehearse`: a restore that is tried aside and reported."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer

from cli.context import run_async
from cli.output import print_fields, print_result, print_warning
from cli.photo_copies import rehearse_evidence, rehearse_photos
from cli.undone import describe_undone, print_undone
from ledger import Ledger
from ledger.audit.head_statement import AUDIT, CHAINS, Heads, HeadStatement
from ledger.audit.stated_recalls import list_undone
from ledger.backups.backup import read_copy_heads
from ledger.backups.backup_rehearsal import rehearse_restore
from services.lots.photos import list_named_photos


def print_rehearsal(source: Path, url: str, signed: Sequence[HeadStatement], as_json: bool) -> None:
    """Rehearse the restore of `source` and print what was found; exit with 1 if it is not intact.

    `signed` are heads in force: those after the copy are named, as a real restore would lose them.
    """
    ends = run_async(read_copy_heads(source, url))
    heads = describe_heads(ends)
    named: set[str] = set()
    files: set[str] = set()

    async def inspect(ledger: Ledger) -> None:
        named.update(await list_named_photos(ledger))
        files.update(await ledger.code_evidence.list_files())

    done = run_async(rehearse_restore(source, url, signed, inspect))
    photos = rehearse_photos(source.parent, named)
    evidence = rehearse_evidence(source.parent, files)
    is_intact = done.report.ok and photos.ok and evidence.ok
    undone = list_undone(signed, ends[AUDIT][0], done.made)
    problems = [str(problem) for problem in done.report.problems]
    measured = asdict(done)
    del measured["report"], measured["made"]
    document = {
        "rehearsed": str(source),
        "ok": is_intact,
        "copy_heads": heads,
        "undone": describe_undone(undone),
        **measured,
        "transitions": done.report.transitions,
        "audit": done.report.audits,
        "problems": problems,
        "photos": photos.count,
        "damaged_photos": photos.damaged,
        "missing_photos": photos.missing,
        "evidence": evidence.count,
        "damaged_evidence": evidence.damaged,
        "missing_evidence": evidence.missing,
    }

    def render() -> None:
        print_fields(
            f"{source} restores, and its history is intact"
            if is_intact
            else "Photos or files of evidence are damaged or missing"
            if done.report.ok
            else "Audit failed",
            {
                "bytes of the copy": done.size,
                "bytes restored": done.restored_size,
                "checksum": "as in the manifest" if done.has_manifest else "no manifest beside it",
                **{f"head of {chain}": head for chain, head in heads.items()},
                "seconds to restore": round(done.restore_seconds, 1),
                "seconds to verify": round(done.verify_seconds, 1),
                "scans": done.scans,
                "transitions": done.report.transitions,
                "audit lines": done.report.audits,
                "photos": photos.count,
                "files of evidence": evidence.count,
            },
        )
        print_undone(undone)
        for problem in problems:
            print_warning(problem)
        for what, check in (("photo", photos), ("file of evidence", evidence)):
            for state, hashes in (("damaged", check.damaged), ("missing", check.missing)):
                for digest in hashes:
                    print_warning(f"the {what} {digest} is {state}")

    print_result(document, as_json, render)
    if not is_intact:
        raise typer.Exit(1)


def describe_heads(heads: Heads) -> dict[str, str]:
    """Return the ends of both chains: number and hash, as `veritem audit verify` takes them."""
    return {chain: f"{heads[chain][0]}:{heads[chain][1]}" for chain in CHAINS}
