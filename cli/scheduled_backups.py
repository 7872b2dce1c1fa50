"""`veritem backups`: copies by a timer, each with a manifest, and how long they are kept."""

import time
from pathlib import Path
from typing import Final

import typer
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from attachments.copies import CopiedAttachments
from cli.backup_settings import BackupSettings
from cli.context import ConfigFile, run_async
from cli.output import Json, format_local_time, print_fields, print_result, print_table
from cli.photo_copies import (
    copy_evidence,
    copy_photos,
    describe_photos,
    drop_erased_evidence,
    warn_of_damage,
)
from cli.settings import read_settings
from ledger.backups.backup import write_durably
from ledger.backups.backup_folder import CopyManifest, list_copies, make_copy, remove_old_copies
from ledger.backups.backup_retention import PERIODS, choose_kept
from stamps.errors import VeritemError

app = typer.Typer(no_args_is_help=True, help="Scheduled copies of the ledger.")

_MINUTE: Final = 60_000


@app.callback()
def _group() -> None:
    """Scheduled copies of the ledger."""


@app.command()
def run(file: ConfigFile = None, as_json: Json = False) -> None:
    """Copy the ledger into the folder of the settings, then remove copies that no rule keeps.

    For a timer (ops/systemd). Old copies are removed after a new one is whole, never instead.
    """
    settings = read_settings(file)
    backups = settings.backups
    copied: list[CopiedAttachments] = []

    def copy_more() -> None:
        copied.append(copy_photos(settings, backups.directory))
        copied.append(copy_evidence(settings, backups.directory))

    try:
        made = run_async(make_copy(settings.ledger.url, backups.directory, copy_more))
        run_async(drop_erased_evidence(settings, backups.directory))
        removed = remove_old_copies(backups.directory, _count_periods(backups))
    except VeritemError:
        _write_metrics(backups, has_failed=True)
        raise
    _write_metrics(backups, has_failed=False)
    photos, evidence = copied
    document = {
        **_describe(made),
        "photos": describe_photos(photos),
        "evidence": describe_photos(evidence),
        "removed": [manifest.file for manifest in removed],
    }
    print_result(
        document,
        as_json,
        lambda: print_fields(
            f"Copied the ledger to {backups.directory / made.file}",
            {
                "bytes": made.size,
                "seconds": made.seconds,
                "new photos": photos.copied,
                "new evidence": evidence.copied,
                "old copies removed": len(removed),
            },
        ),
    )
    warn_of_damage(photos)
    warn_of_damage(evidence, "file of evidence")


@app.command("list")
def list_(file: ConfigFile = None, as_json: Json = False) -> None:
    """List whole copies and why each is kept; exit with 1 if the newest is late or missing."""
    backups = read_settings(file).backups
    copies = list_copies(backups.directory)
    kept = choose_kept([manifest.at_ms for manifest in copies], _count_periods(backups))
    is_late = not copies or copies[0].at_ms < time.time() * 1000 - backups.late_minutes * _MINUTE
    rows = [{**_describe(made), "kept_as": list(kept.get(made.at_ms, ()))} for made in copies]

    def render() -> None:
        print_table(
            f"Copies in {backups.directory}" + (" (late)" if is_late else ""),
            ("file", "at", "bytes", "last scan", "kept as"),
            [
                (
                    made.file,
                    format_local_time(made.at_ms),
                    made.size,
                    made.last_scan_at or "",
                    ", ".join(kept.get(made.at_ms, ("next to be removed",))),
                )
                for made in copies
            ],
        )

    print_result({"late": is_late, "copies": rows}, as_json, render)
    if is_late:
        raise typer.Exit(1)


@app.command()
def prune(file: ConfigFile = None, as_json: Json = False) -> None:
    """Remove the copies that no rule of the settings keeps; the newest always stays."""
    backups = read_settings(file).backups
    removed = remove_old_copies(backups.directory, _count_periods(backups))
    print_result(
        {"removed": [manifest.file for manifest in removed]},
        as_json,
        lambda: print_fields(f"Removed {len(removed)} copies from {backups.directory}", {}),
    )


def _count_periods(backups: BackupSettings) -> dict[str, int]:
    return {period: getattr(backups, period) for period in PERIODS}


def _describe(made: CopyManifest) -> dict[str, object]:
    return {name: getattr(made, name) for name in CopyManifest.__slots__}


def render_backup_metrics(folder: Path, *, has_failed: bool) -> bytes:
    """Metrics of the newest whole copy; without one its moment is 0, so it is late."""
    copies = list_copies(folder)
    newest = copies[0] if copies else None
    registry = CollectorRegistry()
    for name, text, value in (
        ("failed", "Whether the last run failed.", has_failed),
        ("timestamp_seconds", "When the newest copy began.", newest and newest.at_ms / 1000),
        ("bytes", "Size of the newest copy.", newest and newest.size),
        ("duration_seconds", "How long the newest copy took.", newest and newest.seconds),
    ):
        Gauge(f"veritem_backup_{name}", text, registry=registry).set(value or 0)
    return generate_latest(registry)


def _write_metrics(backups: BackupSettings, *, has_failed: bool) -> None:
    if not backups.metrics:
        return
    path = Path(backups.metrics)
    write_durably(path, render_backup_metrics(backups.directory, has_failed=has_failed))
    path.chmod(0o644)  # read by another user, and nothing in it is secret
