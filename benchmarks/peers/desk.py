"""Run the desk in its own process: `python -m benchmarks.peers.desk DIRECTORY`.

Makes a ledger with two packers in the directory and serves it behind a trusted proxy at the
loopback address. Prints the address as its first line.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

import structlog

from benchmarks.testbed import KEY_RING, SECRET
from desk.serve import serve
from desk.settings import DeskSettings
from detection.rules import Rules
from issuer import Signer, StampKeys
from ledger import Organisation, open_ledger
from ledger.storage.secret_seal import no_keys
from notices.settings import NoticeSettings
from stamps.pin_ring import PinRing

ACCOUNT: Final = "mai"
HOSTILE_ACCOUNT: Final = "lan"
PASSWORD: Final = "sầu riêng Ri6 chín cây"  # noqa: S105 - of a ledger that lives for the benchmark


def run_desk(directory: Path) -> None:
    """Serve until SIGTERM."""
    url = f"sqlite:///{directory / 'desk.db'}"
    asyncio.run(_furnish(url))
    serve(
        DeskSettings(
            ledger=url,
            port=0,
            admin_port=0,
            bundles=str(directory / "bundles"),
            trusted_proxies=("127.0.0.1",),
        ),
        keys=StampKeys(KEY_RING, PinRing({})),
        signer=Signer({0: b"s" * 32}),
        mark=None,
        secret=SECRET,
        otp_keys=no_keys,
        webhook_keys=no_keys,
        notices=NoticeSettings(in_desk=False),
        rules=Rules(),
        stamp_host="V.VN",
        ready=lambda url, _: print(url, flush=True),
    )


async def _furnish(url: str) -> None:
    async with await open_ledger(url) as ledger:
        await ledger.migrate()
        await ledger.organisations.add(Organisation("krong-pac", "packer", "HTX Krông Pắc"))
        for account in (ACCOUNT, HOSTILE_ACCOUNT):
            await ledger.staff.add(
                account,
                name=account,
                role="packer",
                password=PASSWORD,
                organisation="krong-pac",
                confirmed_by="test",
            )


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    run_desk(Path(sys.argv[1]))
