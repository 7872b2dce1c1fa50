"""Makes a sandbox in its folder, and runs it: resolver, desk, sender of webhooks, and portal."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from claims import open_in_process
from cli.demo.story import SECRET
from cli.sandbox.diaries import answer_mentions
from cli.sandbox.folder import Ports, SandboxFolder
from cli.sandbox.lots import SandboxLot
from cli.sandbox.portal import make_certificate, make_sender, run_portal
from cli.sandbox.province import DURIAN
from cli.sandbox.scans import scan_stamps
from cli.sandbox.seeding import RECALLED, ReportProgress, Seeding
from desk.dependencies import DeskDependencies
from desk.serve import run_desk
from desk.settings import DeskSettings
from detection.rules import Rules
from issuer import Issuer
from issuer.keystore import DEMO_PASSPHRASES, KeyStore
from ledger import open_ledger
from ledger.clock import SteadyClock
from ledger.notices.webhooks import SEAL_PURPOSE
from ledger.storage.secret_seal import SecretSeal
from notices.serve import run_worker
from notices.settings import NoticeSettings
from resolver import ResolverSettings, open_dependencies, run_service
from resolver.serve import ServiceSockets
from services.notices.mail_addresses import make_mail_tools
from services.notices.mail_digests import StaffMailRules
from web.listening_sockets import ListeningSockets
from web.sockets import bind_socket

HOST: Final = "127.0.0.1"
_COPIED_STAMP: Final = 7
_GENUINE_STAMPS: Final = range(8, 14)


async def make_sandbox(
    folder: SandboxFolder, final: SandboxFolder, ports: Ports, report: ReportProgress
) -> None:
    """Make a sandbox in `folder`, and give it its final name when it is complete."""
    store = KeyStore.create(folder.path / "keys", DEMO_PASSPHRASES, demo=True)
    keys = store.open_stamp_keys(DEMO_PASSPHRASES.masters)
    make_certificate(folder.path)
    settings = _make_resolver_settings(folder, ports)
    async with await open_ledger(folder.ledger_url, otp_keys=lambda: [SECRET]) as ledger:
        await ledger.migrate()
        seeding = Seeding(
            ledger=ledger,
            issuer=Issuer(ledger, keys, store.open_signer(DEMO_PASSPHRASES.signing)),
            seal=SecretSeal(SEAL_PURPOSE, lambda: [SECRET]),
            now=time.time_ns() // 1_000_000,
            stamp_host=f"{HOST}:{ports.resolver}",
            ports=ports,
            report=report,
        )
        made = await seeding.run()
        await answer_mentions(seeding.act_for, seeding.now)
        batch = await ledger.batches.get(seeding.batches[DURIAN])
        codes = [
            code.decode() for code in keys.ring.seal(batch.number, 0, batch.count, batch.epoch)
        ]
        await scan_stamps(
            seeding,
            settings,
            keys,
            store.load_public_keys(),
            SECRET,
            genuine=[codes[index] for index in _GENUINE_STAMPS],
            copied=codes[_COPIED_STAMP],
        )
    access = {
        "sandbox": "all data are invented; passwords and tokens are good on this machine alone",
        **_list_addresses(ports),
        "stamps": _choose_stamps(codes, made, f"http://{HOST}:{ports.resolver}"),
        "accounts": seeding.describe_access(),
        "webhooks": seeding.webhook_secrets,
    }
    folder.complete(ports, access, final)


def choose_ports(wanted: Ports) -> Ports:
    """The wanted ports, or free ones in place of those that are taken."""
    chosen = []
    for port in (wanted.resolver, wanted.desk, wanted.portal, wanted.portal_page):
        try:
            probe = bind_socket(HOST, port)
        except OSError:
            probe = bind_socket(HOST, 0)
        chosen.append(probe)
    numbers = [int(one.getsockname()[1]) for one in chosen]
    for one in chosen:
        one.close()
    return Ports(*numbers)


@asynccontextmanager
async def run_sandbox(folder: SandboxFolder) -> AsyncIterator[dict[str, Any]]:
    """Serve a complete sandbox until the block ends; yields what `access.json` says.

    Raises `AddressTaken`, `CommandRefused`.
    """
    ports, access = folder.read_ports(), folder.read_access()
    store = KeyStore(folder.path / "keys")
    keys = store.open_stamp_keys(DEMO_PASSPHRASES.masters)
    clock = SteadyClock()
    settings = _make_resolver_settings(folder, ports)
    sockets = [bind_socket(HOST, port) for port in (ports.desk, ports.portal, ports.portal_page)]
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(
            await open_ledger(folder.ledger_url, clock=clock, otp_keys=lambda: [SECRET])
        )
        await ledger.migrate()
        parts = await stack.enter_async_context(
            open_dependencies(
                settings,
                keys=keys.ring,
                open_claims=open_in_process(keys.pins),
                public_keys=store.load_public_keys(),
                rules=Rules(),
                secret=SECRET,
                clock=clock,
            )
        )
        await stack.enter_async_context(run_service(parts, ServiceSockets.open(settings)))
        await stack.enter_async_context(
            run_portal(folder.path, access["webhooks"], sockets[1], sockets[2])
        )
        await stack.enter_async_context(
            run_worker(
                ledger,
                NoticeSettings(),
                lambda: [SECRET],
                clock,
                StaffMailRules(ledger, clock),
                sender=make_sender(folder.path),
            )
        )
        dependencies = DeskDependencies(
            ledger=ledger,
            issuer=Issuer(ledger, keys, store.open_signer(DEMO_PASSPHRASES.signing)),
            secret=SECRET,
            clock=clock,
            stamp_host=f"{HOST}:{ports.resolver}",
            stamp_scheme="http",
            settings=_make_desk_settings(folder, ports),
            webhook_seal=SecretSeal(SEAL_PURPOSE, lambda: [SECRET]),
            mail=make_mail_tools(lambda: [SECRET], is_on=False),
        )
        await stack.enter_async_context(run_desk(dependencies, ListeningSockets([sockets[0]])))
        yield access


def _list_addresses(ports: Ports) -> dict[str, str]:
    return {
        "desk": f"http://{HOST}:{ports.desk}",
        "resolver": f"http://{HOST}:{ports.resolver}",
        "portal": f"http://{HOST}:{ports.portal_page}",
    }


def _choose_stamps(codes: list[str], made: list[SandboxLot], root: str) -> dict[str, str]:
    """Addresses of stamps worth looking at."""
    recalled = (int(RECALLED[-3:]) - 1) * (len(codes) // sum(o.product == DURIAN for o in made))
    return {
        "genuine": f"{root}/S/{codes[_GENUINE_STAMPS[0]]}",
        "suspected": f"{root}/S/{codes[_COPIED_STAMP]}",
        "recalled": f"{root}/S/{codes[recalled]}",
        "product": f"{root}/01/08935000000014",
    }


def _make_resolver_settings(folder: SandboxFolder, ports: Ports) -> ResolverSettings:
    return ResolverSettings(
        host=HOST,
        port=ports.resolver,
        admin_port=0,
        public_url=f"http://{HOST}:{ports.resolver}",
        ledger=folder.ledger_url,
        attachments=folder.path / "attachments",
        report_spool=folder.path / "report-spool",
        trusted_proxies=("127.0.0.0/8",),
        sandbox=True,
    )


def _make_desk_settings(folder: SandboxFolder, ports: Ports) -> DeskSettings:
    return DeskSettings(
        host=HOST,
        port=ports.desk,
        admin_port=0,
        public_url=f"http://{HOST}:{ports.desk}",
        ledger=folder.ledger_url,
        attachments=folder.path / "attachments",
        report_spool=folder.path / "report-spool",
        secrets=folder.path / "desk",
        bundles=str(folder.path / "bundles"),
        sandbox=True,
    )
