"""The page of a print house's keys."""

import pyrage

from desk.texts import TEXTS
from tests.desk.people import somebody
from tests.desk.running_desk import PASSWORD, RunningDesk


async def test_a_print_house_replaces_its_key_and_proves_itself(desk: RunningDesk) -> None:
    old, new = (str(pyrage.x25519.Identity.generate().to_public()) for _ in range(2))
    say = TEXTS["vi"]
    async with somebody(desk, "in") as press:
        page = await press.get("/print-keys")
        assert say("press.keys_none") in page.text
        wrong = await press.submit(page, "/print-keys", public_key=old, password="no")
        assert wrong.status == 401
        refused = await press.submit(page, "/print-keys", public_key="age1x", password=PASSWORD)
        assert (refused.status, say("flaw.age_key") in refused.text) == (400, True)
        for key in (old, new):
            page = await press.submit(page, "/print-keys", public_key=key, password=PASSWORD)
            assert say("press.key_added") in page.text
        page = await press.submit(page, "/print-keys/retire", public_key=old)
        assert say("press.key_retired") in page.text
        page = await press.submit(page, "/print-keys/retire", public_key=new)
        assert (page.status, say("problem.last-print-key") in page.text) == (409, True)
    async with somebody(desk, "mai") as packer:
        assert (await packer.get("/print-keys")).status == 403
