"""Every column is decided on, and what is said to be erased is."""

from importlib import import_module

import pytest

from ledger import schema
from ledger.staff_errors import AccountActive
from services.errors import Forbidden
from services.privacy.erasures import erase_due, erase_person, show_person
from services.privacy.personal_data import (
    Retention,
    find_datum,
    load_impersonal_columns,
    load_personal_data,
)
from tests.accounts import add_accounts
from tests.services.office import Office

COLUMNS = frozenset(
    f"{table.name}.{column.name}"
    for table in schema.metadata.tables.values()
    for column in table.columns
)


def test_every_column_is_personal_or_declared_impersonal() -> None:
    personal = {column for column in COLUMNS if find_datum(column)}
    assert COLUMNS - personal - load_impersonal_columns() == frozenset()
    assert personal & load_impersonal_columns() == frozenset()
    assert load_impersonal_columns() - COLUMNS == frozenset()


def test_the_table_names_no_column_that_is_gone() -> None:
    named = {
        column
        for datum in load_personal_data().values()
        for column in datum.columns
        if "*" not in column
    }
    assert named - COLUMNS == frozenset()


def test_every_eraser_exists() -> None:
    for datum in load_personal_data().values():
        for eraser in datum.erasers:
            path, name = eraser.rsplit(".", 1)
            owner, _, kind = path.rpartition(".")
            holder = (
                getattr(import_module(owner), kind) if kind[0].isupper() else import_module(path)
            )
            assert callable(getattr(holder, name)), eraser


def test_the_days_are_those_of_the_settings() -> None:
    scans = load_personal_data()["scans"]
    assert scans.describe_kept("en", Retention(pseudonym_days=400)).startswith("400 days")


async def test_what_is_over_is_erased_by_itself(office: Office) -> None:
    ledger = office.ledger
    await add_accounts(ledger, "tri", "hoa", "mai")
    await ledger.staff.disable("mai", actor="tri", at=1)
    await ledger.staff.disable("hoa", actor="tri")
    await ledger.staff_sessions.begin("s" * 16, "hoa", 0, browser="Firefox", at=1)
    assert await erase_due(ledger, Retention()) == 2
    names = {one.id: one.name for one in await ledger.staff.list()}
    assert (names["hoa"], names["mai"]) == ("hoa", "–")
    assert await erase_due(ledger, Retention()) == 0
    [entry] = await ledger.audit.list_of_subject("staff:mai", limit=1)
    assert (entry.actor, entry.action) == ("retention", "staff.erase")


async def test_people_see_their_own_data_and_administrators_that_of_others(office: Office) -> None:
    own = await show_person(office.context("packer"), "packer")
    assert own["account"]["id"] == "packer"
    assert not any(word in str(own) for word in ("password_hash", "sha256", "secret"))
    with pytest.raises(Forbidden):
        await show_person(office.context("packer"), "inspector")
    await show_person(office.context("operator"), "packer")
    [entry] = await office.ledger.audit.list_of_subject("staff:packer", limit=1)
    assert (entry.actor, entry.action) == ("operator", "staff.show_data")


async def test_only_an_administrator_erases_and_only_who_left(office: Office) -> None:
    with pytest.raises(Forbidden):
        await erase_person(office.context("packer"), "packer")
    with pytest.raises(AccountActive):
        await erase_person(office.context("operator"), "packer")
