"""`veritem sandbox`: a province with example data on this machine, for developers."""

import asyncio
import signal
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop

from cli.output import CommandRefused, Json, print_line, print_message, print_result, show_progress
from cli.sandbox.folder import ACCESS, Ports, SandboxFolder, prepare_folder
from cli.sandbox.service import choose_ports, make_sandbox, run_sandbox
from resolver.history.process_lock import AlreadyServed, ProcessLock

_PORTS: Final = Ports(resolver=8180, desk=8190, portal=8193, portal_page=8194)


def sandbox(
    folder: Annotated[
        Path, typer.Option(help="Folder of the sandbox.", show_default="var/sandbox")
    ] = Path("var/sandbox"),
    reset: Annotated[
        bool, typer.Option("--reset", help="Remove the sandbox and make a new one.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Start a desk, a resolver and a portal with a province's example data; Ctrl-C stops.

    The first start makes the data and shows passwords and tokens once. They are good on this
    machine alone, and stay in `access.json` of the folder.
    """
    place = SandboxFolder(folder.absolute())
    place.path.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock = ProcessLock(place.path)
    except AlreadyServed as error:
        pid = error.evidence["pid"]
        raise CommandRefused(why=f"a sandbox runs in {folder} (process {pid})") from error
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(place, reset=reset, as_json=as_json))
    finally:
        lock.release()


async def _run(place: SandboxFolder, *, reset: bool, as_json: bool) -> None:
    is_new = not await prepare_folder(place, reset=reset)
    if is_new:
        start = time.monotonic()
        with show_progress("Making the sandbox", as_json) as report:
            await make_sandbox(place.unfinished, place, choose_ports(_PORTS), report)
        print_message(("✓", "green"), f" Made in {time.monotonic() - start:.0f} s")
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with run_sandbox(place) as access:
        print_result(access, as_json, lambda: _show(place, access, is_new=is_new))
        await stop.wait()
    print_message(f"Stopped. The sandbox stays in {place.path}.")


def _show(place: SandboxFolder, access: dict[str, Any], *, is_new: bool) -> None:
    """Print addresses, and of a new sandbox accounts and tokens."""
    print_line(("Veritem sandbox", "bold green"), ": all data are invented\n")
    for name in ("desk", "resolver", "portal"):
        print_line("  ", (f"{name:9}", "bold"), f" {access[name]}")
    print_line("\nStamps and a product to look at:\n")
    for name, address in access["stamps"].items():
        print_line("  ", (f"{name:9}", "bold"), f" {address}")
    if is_new:
        print_line("\nAccounts with password and token, for this sandbox alone:\n")
        for account, one in access["accounts"].items():
            where = one["organisation"] or "–"
            print_line("  ", (f"{account:12}", "bold"), f" {one['role']:12} {where}")
            print_line(f"    {one['password']}\n    {one['token']}")
    print_line(f"\nPasswords and tokens are in {place.path / ACCESS}. Ctrl-C stops.")
