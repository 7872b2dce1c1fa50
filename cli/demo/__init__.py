"""`veritem demo`: one stamp's whole life on this machine, then a service to look at."""

import asyncio
import signal
import socket
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import segno
import typer
import uvloop

from cli.demo.desk import run_demo_desk
from cli.demo.story import DemoOutcome, ReportStep, tell_story
from cli.desk import CAMERA_HINT
from cli.founders import DEMO_FOUNDERS
from cli.output import (
    CommandRefused,
    print_line,
    print_message,
    print_result,
    print_warning,
)
from cli.settings import KeySettings, LedgerSettings, PrintSettings, Settings
from resolver import ResolverSettings
from resolver.serve import ServiceSockets
from stamps.vietnam_time import VIETNAM_TIME

# Phones reach all interfaces; the data are invented and the keys are worthless.
_ALL_INTERFACES = "0.0.0.0"  # noqa: S104


def demo(
    once: Annotated[
        bool,
        typer.Option("--once", help="Do all steps in a temporary folder, print JSON and end."),
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the service.", show_default="8080")] = 8080,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --once.")] = False,
) -> None:
    """Order, seal, print, decode, activate, scan, copy, recall; then open it on your phone."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run_once() if once or as_json else _run_and_serve(port))


async def _run_once() -> None:
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="veritem-demo-") as name:
        folder = Path(name)
        sockets, settings = _listen(_make_settings(folder, "127.0.0.1", 0), "127.0.0.1")
        async with tell_story(folder, settings, sockets, _print_steps()) as story:
            seconds = round(time.monotonic() - start, 2)
            print_result(_describe_outcome(story.outcome, seconds), True, lambda: None)
    _refuse_problems(story.outcome)


async def _run_and_serve(port: int) -> None:
    now = datetime.now(VIETNAM_TIME)
    folder = Path("var") / f"demo-{now:%Y%m%d-%H%M%S}"
    folder.mkdir(parents=True)
    address = _find_own_address()
    settings = _make_settings(folder, _ALL_INTERFACES, port)
    sockets, settings = _listen(settings, address)
    print_message(("Veritem", "bold green"), ": one stamp's whole life\n")
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with (
        tell_story(folder, settings, sockets, _print_steps()) as story,
        run_demo_desk(story, folder, _ALL_INTERFACES, address) as desk,
    ):
        _refuse_problems(story.outcome)
        _invite(f"{settings.printing.scheme}://{settings.printing.host}", story.outcome)
        _show_desk(desk)
        print_line("")
        print_warning("Demo keys: everybody knows their passphrases.")
        print_line(f"Everything is in {folder}. Ctrl-C stops.")
        await stop.wait()
    print_line(f"\nStopped. The sheet and the ledger stay in {folder}.")


def _refuse_problems(outcome: DemoOutcome) -> None:
    if outcome.problems:
        raise CommandRefused(why="; ".join(outcome.problems))


def _make_settings(folder: Path, host: str, port: int) -> Settings:
    return Settings(
        ledger=LedgerSettings(url=f"sqlite:///{folder / 'veritem.db'}"),
        keys=KeySettings(directory=folder / "keys"),
        printing=PrintSettings(host="127.0.0.1", scheme="http"),
        resolver=ResolverSettings(
            host=host,
            port=port,
            admin_port=0,
            attachments=folder / "attachments",
            # The phones of the demo name their network in a header (cli.demo.phone).
            trusted_proxies=("127.0.0.0/8",),
        ),
    )


def _listen(settings: Settings, address: str) -> tuple[ServiceSockets, Settings]:
    """Bind before printing: the stamps carry the port that was bound."""
    resolver = settings.resolver
    try:
        sockets = ServiceSockets.open(resolver)
    except OSError:  # the port is taken: any other does
        resolver = resolver.model_copy(update={"port": 0})
        sockets = ServiceSockets.open(resolver)
    host = f"{address}:{sockets.public[0].getsockname()[1]}"
    return sockets, settings.model_copy(
        update={
            "printing": settings.printing.model_copy(update={"host": host}),
            "resolver": resolver.model_copy(update={"public_url": f"http://{host}"}),
        }
    )


def _find_own_address() -> str:
    """This machine's address in its network, or the loopback address.

    Connecting a UDP socket sends nothing; it makes the system choose a source address.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # reserved for examples (RFC 5737)
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _print_steps() -> ReportStep:
    start = time.monotonic()

    def report_step(heading: str, result: str) -> None:
        elapsed = time.monotonic() - start
        print_message(
            ("✓", "green"),
            " ",
            (f"{heading:11}", "bold"),
            f" {result} ",
            (f"{elapsed:.1f} s", "dim"),
        )

    return report_step


def _describe_outcome(outcome: DemoOutcome, seconds: float) -> dict[str, Any]:
    document = {
        "ok": not outcome.problems,
        "stamps": outcome.stamps,
        "decoded": outcome.decoded,
        "verdicts": outcome.verdicts,
        "alert": outcome.alert,
        "seconds": seconds,
    }
    return document | ({"problems": outcome.problems} if outcome.problems else {})


def _invite(root: str, outcome: DemoOutcome) -> None:
    genuine = f"{root}/S/{outcome.genuine_code}"
    print_line("\nPoint a phone in the same network at this, or open the address:\n")
    # Black on white whatever the terminal's colours: cameras need it.
    segno.make(genuine.upper(), error="m", boost_error=False).terminal(border=2, compact=True)
    for name, value in (
        ("genuine", genuine),
        ("recalled", f"{root}/S/{outcome.copied_code}"),
        ("claimed", f"{root}/S/{outcome.claimed_code}"),
        ("by hand", f"{root}/"),
        ("sheet", outcome.sheet),
    ):
        print_line("  ", (f"{name:9}", "bold"), f" {value}")


def _show_desk(url: str) -> None:
    print_line("\nThe desk of print houses, packers, inspectors and authorities:\n")
    for name, value in (("desk", url), *((one.id, one.password) for one in DEMO_FOUNDERS)):
        print_line("  ", (f"{name:9}", "bold"), f" {value}")
    print_line("\nSign in as lan, or as minh for the second person of a decision.")
    print_line(CAMERA_HINT)
