"""People of an office who get mail, and a worker that sends it to a real server."""

import ssl
from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from ledger import Ledger
from ledger.notices.mail_addresses import MailRequest
from ledger.notices.mail_links import MailLinks
from ledger.notices.mails import SEAL_PURPOSE, Mail
from ledger.storage.secret_seal import SecretSeal
from notices.mail_worker import MailWorker
from notices.serve import make_mail_worker
from notices.settings import NoticeSettings
from services.notices.mail_digests import StaffMailRules, find_next_digest
from tests.notices.mail_server import PASSWORD, MailBox

HOUR_MS = 3_600_000
DESK_URL = "https://desk.example.vn"


def keys() -> list[bytes]:
    return [bytes(32)]


SEAL = SecretSeal(SEAL_PURPOSE, keys)
LINKS = MailLinks(keys)


def make_worker(
    ledger: Ledger,
    box: MailBox,
    clock: Callable[[], int],
    tls: ssl.SSLContext | None = None,
    **changes: Any,
) -> MailWorker:
    settings = NoticeSettings(
        **{
            "mail_server": box.url,
            "mail_password": SecretStr(PASSWORD),
            "mail_from": "tem@veritem.example",
            "mail_seconds": 5.0,
            "desk_url": DESK_URL,
            **changes,
        }
    )
    rules = StaffMailRules(ledger, clock)
    worker = make_mail_worker(ledger, settings, keys, clock, rules, tls)
    assert worker
    return worker


async def turn(worker: MailWorker) -> None:
    await worker.start_turn()
    await worker.finish_turn()


async def give_address(
    ledger: Ledger, staff: str, at: int, address: str = "", language: str = "vi"
) -> str:
    """An account with a confirmed address; nothing of its confirmation waits."""
    address = address or f"{staff}@example.vn"
    request = MailRequest(staff, address, language, "x" * 64, at, at + HOUR_MS)
    mail = Mail(
        f"v-{staff}-{at}", staff, address, "verify", language, "", at, at + HOUR_MS, state="sent"
    )
    await ledger.mail_addresses.request(request, mail)
    await ledger.mail_addresses.confirm(
        staff,
        "x" * 64,
        digest_at=lambda hour: find_next_digest(hour, at),
        told=lambda old: mail,
    )
    return address
