"""The login of the desk may erase, fold quality and keep exports, and change nothing else."""

import psycopg
import pytest

from ledger import LotRow, Organisation, ReportRow, open_ledger
from stamps.vietnam_time import DAY_MS
from tests.accounts import add_accounts
from tests.database_roles import login, make_roles
from tests.ledger.scans.test_scans import SCAN
from tests.servers import PostgresServer

AT = 1_600_000_000_000
LATER = AT + 900 * DAY_MS


async def test_the_login_of_the_desk_erases_folds_and_exports(postgres: PostgresServer) -> None:
    url = postgres.database()
    async with await open_ledger(url, otp_keys=lambda: [bytes(32)]) as owner:
        await owner.migrate()
        await owner.organisations.add(Organisation("p1", "packer", "Tân Phước"))
        await owner.lots.save(LotRow("L1", {"code": "L1"}, ("image",), organisation="p1"))
        await owner.scans.append([SCAN._replace(at=AT)])
        await owner.reports.add(ReportRow(bytes(16), 1, 2, "?", at=AT, device=5))
        await add_accounts(owner, "tri", "hoa", "mai")
        await owner.staff.disable("mai", actor="tri")
    make_roles(url)
    async with await open_ledger(login(url, "desk"), otp_keys=lambda: [bytes(32)]) as desk:
        assert await desk.erasures.erase_scan_pseudonyms(LATER) == 1
        assert await desk.erasures.erase_report_pseudonyms(LATER) == 1
        for step in (
            desk.erasures.erase_sessions,
            desk.erasures.erase_form_drafts,
            desk.erasures.erase_imports,
            desk.erasures.erase_mail_requests,
        ):
            assert await step() == 0
        assert (await desk.people.erase("mai", actor="tri")).name == "–"
        assert await desk.quality_facts.fold() > 0
        await desk.data_exports.ask("x", "p1", actor="hoa")
        leased = await desk.data_exports.lease(1000)
        assert leased is not None
        assert await desk.data_exports.finish(leased, size=1, sha256="x") is not None
    with psycopg.connect(login(url, "desk"), autocommit=True) as connection:
        for forbidden in ("UPDATE scans SET verdict = 'x'", "DELETE FROM data_exports"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)
