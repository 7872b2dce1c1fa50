"""The settings in force, as administrators see them."""

from pydantic import SecretStr

from desk.settings import DeskSettings
from desk.settings_table import list_settings
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk


def test_no_secret_is_shown() -> None:
    settings = DeskSettings(
        ledger="postgresql://desk:open-sesame@db/veritem?sslpassword=open-sesame",
        secrets_key=SecretStr("open-sesame"),
    )
    lines = {line.name: line for line in list_settings(settings)}
    assert not any("open-sesame" in line.value for line in lines.values())
    assert lines["desk.secrets_key"].value == "••••"
    assert "@db/veritem" in lines["desk.ledger"].value
    assert (lines["desk.ledger"].is_usual, lines["desk.port"].is_usual) == (False, True)
    assert all(line.meaning for line in lines.values())


async def test_administrators_alone_see_the_settings(
    desk: RunningDesk, quick_passwords: None
) -> None:
    async with somebody(desk, "tri") as tri, somebody(desk, "bo") as authority:
        assert "desk.session_hours" in (await tri.get("/settings")).text
        assert (await authority.get("/settings")).status == 403
