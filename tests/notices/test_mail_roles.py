"""The notice service sends mail with the login of its role in PostgreSQL, the desk with its own."""

import psycopg

from ledger import Order
from ledger.notices.mail_waiting import GATHER_MS
from tests.accounts import add_accounts
from tests.database_roles import make_roles, open_as
from tests.ledger.conftest import TEMPLATE, migrated_postgres  # noqa: F401 - a fixture
from tests.notices.mail_office import give_address, make_worker, turn
from tests.notices.mail_server import run_mail_server
from tests.notices.receivers import TestTls
from tests.servers import PostgresServer

ROLES = ("inspector", "administrator", "packer", "print_house", "issuer", "authority")


async def test_the_roles_can_do_what_mail_needs(
    migrated_postgres: PostgresServer,  # noqa: F811
    tls: TestTls,
) -> None:
    url = migrated_postgres.database(template=TEMPLATE)
    make_roles(url)
    async with open_as(url) as owner, open_as(url, "desk") as desk:
        await add_accounts(owner, "chi", "binh")
        await give_address(desk, "chi", owner.clock() - 60_000)
        await desk.mail_addresses.stop_kinds("chi", "", ["recall"])
        with psycopg.connect(url, autocommit=True) as raw:
            raw.execute("UPDATE mail_addresses SET verified_at = 0")
            raw.execute("ALTER TABLE staff DISABLE TRIGGER ALL")
        async with open_as(url, "notices") as notices, run_mail_server(tls.server) as box:
            worker = make_worker(notices, box, notices.clock, tls.client)
            for role in ROLES:  # each has tasks of its own
                with psycopg.connect(url, autocommit=True) as raw:
                    raw.execute("UPDATE mail_addresses SET digest_at = 0")
                    raw.execute("UPDATE staff SET role = %s WHERE id = 'chi'", [role])
                await turn(worker)
            await owner.orders.add(Order("o-1", 10, "sealed", requested_by="binh"))
            with psycopg.connect(url, autocommit=True) as raw:
                raw.execute("UPDATE mail_addresses SET digest_at = 0")
            await turn(worker)
            with psycopg.connect(url, autocommit=True) as raw:
                raw.execute("UPDATE mail_waiting SET since = since - %s", [2 * GATHER_MS])
            await turn(worker)
            assert len(box.mails) == 2  # the digest of an authority, and the order
            found = await desk.mails.find_page(state="sent", limit=9)
            assert {mail.purpose for mail in found} == {"digest", "notice", "verify"}
            await notices.mails.delete_old()
