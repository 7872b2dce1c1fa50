"""Invitations of actors: one use, erased in time, an account that decides nothing."""

from typing import Any

import pytest
from sqlalchemy import text

from ledger import Ledger, Organisation, RegisteredCode
from ledger.errors import TooManyInvitations
from ledger.organisations import actor_invitations
from ledger.organisations.actor_invitations import NewActorInvitation, read_code
from ledger.staff_errors import AccountRequired, UnknownInvitation
from ledger.storage.secret_seal import SecretLocked
from tests.accounts import add_accounts
from tests.database_roles import make_roles, open_as
from tests.ledger.conftest import NOW, Clock

pytestmark = pytest.mark.usefixtures("quick_passwords")

PASSWORD = "sầu riêng Ri6 chín cây"
LIFETIME = 30 * 86_400_000
PHONE = "+84912345678"


async def furnish(ledger: Ledger) -> None:
    await ledger.organisations.add(Organisation("krong-pac", "packer", "HTX Krông Pắc"))
    await add_accounts(ledger, "bo", "mai")
    area = RegisteredCode("VN-ĐLOR-0123", "growing_area", "Ea Kao")
    await ledger.registered_codes.change([area.code], lambda _: (area,), action="add", actor="bo")


async def invite(ledger: Ledger, key: str = "k", **changes: Any) -> tuple[str, str]:
    """The id and the code of an invitation."""
    values = {
        "kind": "grower",
        "inviter": "krong-pac",
        "invited_by": "mai",
        "name": "Hộ ông Y Bih Niê",
        "expires_at": NOW + LIFETIME,
        "phone": PHONE,
        **changes,
    }
    made = await ledger.actor_invitations.add(NewActorInvitation(**values), key=key)
    found = await ledger.actor_invitations.open_secrets(made.id)
    assert found.code is not None
    return made.id, found.code


async def test_who_accepts_has_an_account_of_an_organisation_of_its_own(ledger: Ledger) -> None:
    await furnish(ledger)
    id_, code = await invite(ledger, code="VN-ĐLOR-0123", province="66")
    accepted = await ledger.actor_invitations.accept(code, "Y Bih Niê", PASSWORD)
    staff, organisation = accepted.staff, accepted.organisation
    assert (staff.id, staff.role, staff.is_confirmed) == ("y.bih.nie", "grower", True)
    assert (organisation.kind, organisation.province) == ("grower", "66")
    assert staff.organisation == organisation.id == "ho-ong-y-bih-nie"
    assert (await ledger.staff.sign_in("y.bih.nie", PASSWORD)).id == "y.bih.nie"
    area = await ledger.registered_codes.get("VN-ĐLOR-0123")
    assert area.organisation == organisation.id
    known = await ledger.actor_invitations.get(id_)
    assert (known.state, known.account) == ("accepted", "y.bih.nie")
    assert (await ledger.actor_invitations.open_secrets(id_)).phone is None
    with pytest.raises(UnknownInvitation):
        await ledger.actor_invitations.accept(code, "Y Bih Niê", PASSWORD)
    await ledger.audit.verify()


async def test_a_code_that_has_an_owner_keeps_it_and_names_are_not_taken_twice(
    ledger: Ledger,
) -> None:
    await furnish(ledger)
    (_, one), (_, other) = [await invite(ledger, key, code="VN-ĐLOR-0123") for key in ("a", "b")]
    first = await ledger.actor_invitations.accept(one, "Y Bih Niê", PASSWORD)
    second = await ledger.actor_invitations.accept(other, "Y Bih Niê", PASSWORD)
    assert second.staff.id == "y.bih.nie2"
    assert second.organisation.id != first.organisation.id
    area = await ledger.registered_codes.get("VN-ĐLOR-0123")
    assert area.organisation == first.organisation.id


async def test_the_same_key_makes_one_invitation(ledger: Ledger) -> None:
    await furnish(ledger)
    assert await invite(ledger) == await invite(ledger)


async def test_after_its_time_a_code_is_refused_and_nothing_personal_is_left(
    ledger: Ledger, clock: Clock
) -> None:
    await furnish(ledger)
    id_, code = await invite(ledger)
    assert await ledger.actor_invitations.erase_old() == 0
    clock.now = NOW + LIFETIME
    with pytest.raises(UnknownInvitation):
        await ledger.actor_invitations.accept(code, "Y Bih Niê", PASSWORD)
    assert await ledger.actor_invitations.erase_old() == 1
    async with ledger._store.read() as connection:
        row = (await connection.execute(text("SELECT * FROM actor_invitations"))).mappings().one()
    assert (row["state"], row["id"]) == ("expired", id_)
    assert [row[name] for name in ("name", "phone", "phone_end", "secret")] == [None] * 4


async def test_phone_and_code_are_sealed_at_rest(ledger: Ledger) -> None:
    await furnish(ledger)
    id_, code = await invite(ledger)
    async with ledger._store.read() as connection:
        row = (await connection.execute(text("SELECT * FROM actor_invitations"))).mappings().one()
    assert row["phone_end"] == "678"
    assert not any(secret in str(dict(row)) for secret in (code, PHONE, PHONE[3:]))
    assert (await ledger.actor_invitations.open_secrets(id_)).phone == PHONE
    ledger.actor_invitations._seal._load_keys = lambda: ()
    assert (await ledger.actor_invitations.open_secrets(id_)).code is None
    with pytest.raises(SecretLocked):
        await invite(ledger, "other")


async def test_a_withdrawn_invitation_and_one_of_a_disabled_organisation_are_refused(
    ledger: Ledger,
) -> None:
    await furnish(ledger)
    await add_accounts(ledger, "chi", "dung", role="administrator")
    id_, code = await invite(ledger)
    await ledger.actor_invitations.withdraw(id_, actor="mai")
    _, other = await invite(ledger, "other")
    await ledger.organisations.disable("krong-pac", actor="bo")
    for refused in (code, other, "0" * 12):
        with pytest.raises(UnknownInvitation):
            await ledger.actor_invitations.find(refused)


async def test_open_invitations_of_an_organisation_are_bounded(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actor_invitations, "MOST_OPEN", 2)
    await furnish(ledger)
    id_, _ = await invite(ledger, "a")
    await invite(ledger, "b")
    with pytest.raises(TooManyInvitations):
        await invite(ledger, "c")
    await ledger.actor_invitations.withdraw(id_, actor="mai")
    await invite(ledger, "c")


async def test_what_fails_half_way_leaves_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await furnish(ledger)
    id_, code = await invite(ledger, code="VN-ĐLOR-0123")

    async def die(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(actor_invitations, "write_codes", die)
        with pytest.raises(RuntimeError):
            await ledger.actor_invitations.accept(code, "Y Bih Niê", PASSWORD)
    assert len(await ledger.organisations.list()) == 1
    assert (await ledger.actor_invitations.get(id_)).state == "open"
    assert (await ledger.actor_invitations.accept(code, "Y Bih Niê", PASSWORD)).staff


async def test_an_invited_account_is_neither_of_two_people(ledger: Ledger) -> None:
    await furnish(ledger)
    _, code = await invite(ledger)
    await ledger.actor_invitations.accept(code, "Y Bih Niê", PASSWORD)
    values: dict[str, Any] = {"document": {"role": "packer"}, "reason": None, "key": "p"}
    with pytest.raises(AccountRequired):
        await ledger.proposals.add("role.grant", "account:mai", actor="y.bih.nie", **values)


async def test_the_database_takes_invited_accounts_alone_and_lets_them_decide_nothing(
    postgres_url: str,
) -> None:
    make_roles(postgres_url)
    async with open_as(postgres_url) as owner, open_as(postgres_url, "desk") as desk:
        await furnish(owner)
        _, code = await invite(desk, expires_at=2**60)
        accepted = await desk.actor_invitations.accept(code, "Y Bih Niê", PASSWORD)
        account = accepted.staff.id
        assert not await _is_deciding(desk, account)
        assert await _is_deciding(desk, "bo")
        for role, name in (("grower", "mallory"), ("administrator", account)):
            with pytest.raises(Exception, match="waits for its confirmation"):
                async with desk._store.write() as connection:
                    await connection.execute(
                        text(
                            "INSERT INTO staff SELECT :name, name, :role, organisation,"
                            " password_hash, otp_secret, disabled, added_at, added_by, confirmed_by"
                            " FROM staff WHERE id = :account"
                        ),
                        {"name": name, "role": role, "account": account},
                    )
        with pytest.raises(Exception, match="ck_actor_invitations_kind"):
            await invite(desk, "x", kind="administrator")


async def _is_deciding(ledger: Ledger, account: str) -> bool:
    async with ledger._store.read() as connection:
        query = text("SELECT veritem_is_deciding_account(:account)")
        return bool(await connection.scalar(query, {"account": account}))


def test_codes_are_read_as_people_type_them() -> None:
    for typed in ("7K3M-01X9-PQRT", "7k3m o1x9 pqrt", "7K3M01X9PQRT", "7K3M\u20110IX9\u2011PQRT "):
        assert read_code(typed) == "7K3M01X9PQRT", typed
    for typed in ("", "7K3M-01X9-PQR", "7K3M-01X9-PQRU", "7K3M-01X9-PQRTT"):
        assert read_code(typed) is None
