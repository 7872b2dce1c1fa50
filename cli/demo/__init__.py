"""`veritem demo`: one stamp's whole life on this machine, then a service to look at."""

import asyncio
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import segno
import typer
import uvloop

from cli.demo.life import Outcome, life
from cli.output import VIETNAM, Refused, answers, asides, say
from cli.settings import (
    KeySettings,
    LedgerSettings,
    PrintSettings,
    Settings,
)
from resolver import ResolverSettings
from resolver.serve import ServiceSockets


def demo(
    once: Annotated[
        bool,
        typer.Option("--once", help="Only live through it, in a temporary folder; answers JSON."),
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the service.", show_default="8080")] = 8080,
    as_json: Annotated[
        bool, typer.Option("--json", help="Only live through it and answer JSON, as --once.")
    ] = False,
) -> None:
    """Order, seal, print, read back, activate, scan, copy, recall; then open it on your phone."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_once() if once or as_json else _stay(port))


async def _once() -> None:
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="veritem-demo-") as name:
        settings = _settings(Path(name), "127.0.0.1", 0)
        listening, settings = _listen(settings, "127.0.0.1")
        async with life(Path(name), settings, listening, _tell()) as (outcome, _):
            seconds = round(time.monotonic() - start, 2)
            say(_document(outcome, seconds), as_json=True, lines=lambda: None)
    if outcome.problems:
        raise Refused(why="; ".join(outcome.problems))


async def _stay(port: int) -> None:
    now = datetime.now(VIETNAM)
    folder = Path("var") / f"demo-{now:%Y%m%d-%H%M%S}"
    folder.mkdir(parents=True)
    address = _own_address()
    listening, settings = _listen(_settings(folder, "0.0.0.0", port), address)  # noqa: S104
    # Phones are to reach it; what it serves is made up, and its keys are worth nothing.
    asides.print("[bold green]Veritem[/]: one stamp's whole life\n")
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with life(folder, settings, listening, _tell()) as (outcome, _):
        if outcome.problems:
            raise Refused(why="; ".join(outcome.problems))
        _invite(f"{settings.printing.scheme}://{settings.printing.host}", outcome, folder)
        await stop.wait()
    answers.print(f"\nStopped. The sheet and the ledger stay in {folder}.", highlight=False)


def _settings(folder: Path, host: str, port: int) -> Settings:
    ledger = f"sqlite:///{folder / 'veritem.db'}"
    return Settings(
        ledger=LedgerSettings(url=ledger),
        keys=KeySettings(directory=folder / "keys"),
        printing=PrintSettings(host="127.0.0.1", scheme="http"),
        resolver=ResolverSettings(
            host=host,
            port=port,
            admin_port=0,
            # Several shoppers, one machine: their networks are what they say (see demo.shopper).
            trusted_proxies=("127.0.0.0/8",),
        ),
    )


def _listen(settings: Settings, address: str) -> tuple[ServiceSockets, Settings]:
    """Bind first: the port that is got is what the stamps will say."""
    try:
        listening = ServiceSockets.open(settings.resolver)
    except OSError:
        # The usual port is taken: any other will do, the stamps are not printed yet.
        settings = settings.model_copy(
            update={"resolver": settings.resolver.model_copy(update={"port": 0})}
        )
        listening = ServiceSockets.open(settings.resolver)
    host = f"{address}:{listening.public.getsockname()[1]}"
    return listening, settings.model_copy(
        update={
            "printing": settings.printing.model_copy(update={"host": host}),
            "resolver": settings.resolver.model_copy(update={"public_url": f"http://{host}"}),
        }
    )


def _own_address() -> str:
    """This machine's address in its own network; the loopback where it has none.

    Connecting a UDP socket sends nothing: it only asks which way packets would go.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: nobody's
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _tell() -> Callable[[str, str], None]:
    start = time.monotonic()

    def told(heading: str, what: str) -> None:
        took = time.monotonic() - start
        asides.print(
            f"[green]✓[/] [bold]{heading:11}[/] {what} [dim]{took:.1f} s[/]",
            highlight=False,
            soft_wrap=True,
        )

    return told


def _document(outcome: Outcome, seconds: float) -> dict[str, Any]:
    return {
        "ok": not outcome.problems,
        "stamps": outcome.stamps,
        "decoded": outcome.decoded,
        "verdicts": outcome.verdicts,
        "alert": outcome.alert,
        "seconds": seconds,
        **({"problems": outcome.problems} if outcome.problems else {}),
    }


def _invite(root: str, outcome: Outcome, folder: Path) -> None:
    genuine = f"{root}/S/{outcome.genuine}"
    answers.print("\nPoint a phone in the same network at this, or open the address:\n")
    # Black on white whatever the terminal's colours: cameras want it so.
    segno.make(genuine.upper(), error="m", boost_error=False).terminal(border=2, compact=True)
    answers.print(
        f"  [bold]genuine[/]   {genuine}\n"
        f"  [bold]recalled[/]  {root}/S/{outcome.copied}\n"
        f"  [bold]by hand[/]   {root}/\n"
        f"  [bold]sheet[/]     {outcome.sheet}\n\n"
        "[black on yellow] ! [/] [yellow]Demo keys: everybody knows their passphrases.[/]"
        f" All of it is in {folder}. Ctrl-C stops.",
        highlight=False,
        soft_wrap=True,
    )
