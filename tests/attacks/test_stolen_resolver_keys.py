"""A stolen resolver: a script that holds what the public process holds, and nothing else.

It has `opening.json` and `public.json` with their passphrase, the secret of the service, its Redis
and the secret of the claim service; what its database login can do is tried beside this file. It
can derive no PIN and no master, makes no code of a signed batch genuine, and claims only by asking.
What is left is tested too: it can list the codes of sealed batches.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from claims import ClaimSettings, PinChecker
from claims.serve import run_claims
from issuer import KeyStore, Passphrases
from resolver.claims.http import HttpClaimService
from resolver.redis import open_store
from stamps.code import StampId
from stamps.errors import BadSignature, UnknownCode, WrongPassphrase
from stamps.key_derivation import derive_key
from stamps.key_file import KeyFile, KeyKind, MalformedKeyFile
from stamps.key_ring import EpochKeys, KeyRing
from stamps.lifecycle import State, Transition
from stamps.pin_ring import PinRing
from stamps.signature import PublicKeys, encode_signature
from tests.resolver.house import JSON, House, a_batch, a_house, transition
from tests.resolver.orchard import PINS, RING, lot
from tests.servers import RedisServer
from web.claim_exchange import ClaimQuestion, ClaimResult
from web.request_counter import MemoryRequestCounter

WORDS: Final = Passphrases(
    masters="the passphrase of masters",
    signing="the passphrase of signing",
    opening="the passphrase of opening",
    claims="the passphrase of claims",
)
CLAIM_SECRET: Final = "what the resolver shows to ask"
WRONG_PER_MINUTE: Final = 25


@dataclass(frozen=True)
class Loot:
    """What lies on the machine of a resolver: two files and a passphrase."""

    opening: dict[str, Any]
    public: PublicKeys
    passphrase: str

    def secrets(self) -> dict[int, bytes]:
        return dict(KeyFile.decrypt(self.opening, "opening", self.passphrase).secrets)

    def ring(self) -> KeyRing:
        return KeyFile.decrypt(self.opening, "opening", self.passphrase).build_ring()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> KeyStore:
    """The issuer's key store, which the thief does not have."""
    return KeyStore.create(tmp_path_factory.mktemp("issuer") / "keys", WORDS)


@pytest.fixture(scope="module")
def loot(store: KeyStore, tmp_path_factory: pytest.TempPathFactory) -> Loot:
    resolver = tmp_path_factory.mktemp("resolver")
    for name in ("opening.json", "public.json"):
        shutil.copy(store.directory / name, resolver)
    return Loot(
        json.loads((resolver / "opening.json").read_bytes()),
        PublicKeys.from_jwks(json.loads((resolver / "public.json").read_bytes())),
        WORDS.opening,
    )


def test_the_keys_of_a_resolver_give_no_pin_and_no_master(store: KeyStore, loot: Loot) -> None:
    stamp = StampId(0, 7, 42)
    right = store.open_stamp_keys(WORDS.masters).pins.derive_pin(stamp)
    for kind in ("masters", "claims", "signing"):
        path = store.directory / f"{kind}.json"
        chosen: KeyKind = kind  # type: ignore[assignment]
        # Even with the file of another holder, the passphrase that it has opens nothing.
        with pytest.raises(WrongPassphrase):
            KeyFile.decrypt(json.loads(path.read_bytes()), chosen, loot.passphrase)
        with pytest.raises((WrongPassphrase, MalformedKeyFile)):
            KeyFile.decrypt({**loot.opening, "kind": chosen}, chosen, loot.passphrase)
    # Whatever of its keys is taken for a PIN key or for a master gives neither the PIN nor a code.
    (keys,) = loot.secrets().values()
    for taken in (keys[:16], keys[16:]):
        assert PinRing({0: taken}).derive_pin(stamp) != right
    for taken in (keys, keys[16:] + keys[:16], keys[:16] * 2, keys[16:] * 2):
        assert PinRing({0: derive_key(0, taken, "pin")}).derive_pin(stamp) != right
        with pytest.raises(UnknownCode):
            loot.ring().open(KeyRing([EpochKeys.derive(0, taken)]).seal(7, 42, 43)[0].decode())
    assert not hasattr(loot.ring(), "derive_pin")


def test_it_can_list_sealed_codes_but_makes_no_signature(store: KeyStore, loot: Loot) -> None:
    issued = store.open_stamp_keys(WORDS.masters).ring.seal(7, 0, 100, 0)
    listed = loot.ring().seal(7, 0, 100, 0)
    assert listed.tolist() == issued.tolist()  # what is left, and why there is the grade `signed`
    code, other = issued[0].decode(), issued[1].decode()
    signer = store.open_signer(WORDS.signing)
    signature = signer.sign_codes(issued)[0].decode()
    loot.public.verify(code, signature)
    for forged in (encode_signature(bytes(64)), signature[::-1]):
        with pytest.raises(BadSignature):
            loot.public.verify(code, forged)
    with pytest.raises(BadSignature):
        loot.public.verify(other, signature)  # one that it saw, on another code


@dataclass
class Scene:
    """A service whose claim service is another process's, and a signed batch."""

    house: House
    claims: HttpClaimService
    signed: int

    def ask(self, pin: str, index: int, number: int, batch: int | None = None) -> Any:
        """Ask about a stamp, each time as another device on another network."""
        asked = batch or self.house.batches.active
        return self.claims.claim(
            ClaimQuestion(
                epoch=0,
                batch=asked,
                index=index,
                pin=pin,
                device=number,
                net=number,
                network=f"n{number}",
            )
        )


@pytest.fixture
async def scene(tmp_path: Path, redis_server: RedisServer) -> AsyncIterator[Scene]:
    redis = redis_server.url(database=7)
    settings = ClaimSettings(
        address=f"unix://{tmp_path}/claims",
        admin_port=0,
        secret=CLAIM_SECRET,
        wrong_per_minute=WRONG_PER_MINUTE,
    )
    opened = a_house(
        tmp_path,
        open_claims=lambda *_: HttpClaimService(settings.address, CLAIM_SECRET),
        history=redis,
        trusted_proxies=("127.0.0.0/8",),
    )
    async with opened as house:
        counter = MemoryRequestCounter(house.clock)
        checker = PinChecker(
            house.ledger, PINS, settings, counter=counter, clock=house.clock, secret=b"x" * 32
        )
        signed = await a_batch(house.ledger, 100, grade="signed")
        await transition(house.ledger, signed, Transition.PRINT)
        await transition(house.ledger, signed, Transition.ACTIVATE, lot=lot().code)
        async with run_claims(checker, settings):
            service = HttpClaimService(settings.address, CLAIM_SECRET)
            yield Scene(house, service, signed)
            await service.close()


async def test_a_code_that_it_makes_of_a_signed_batch_is_not_genuine(scene: Scene) -> None:
    made = RING.seal(scene.signed, 3, 4)[0].decode()  # as its opening keys make it
    told = await (await scene.house.get(f"/S/{made}", **JSON)).json()
    assert (told["verdict"], told["reasons"]) == ("caution", ["signature_unseen"])
    body = {"code": made, "token": told["token"]}
    scanned = await (await scene.house.post("/v1/scans", body)).json()
    assert (scanned["verdict"], scanned["reasons"]) == ("caution", ["signature_unseen"])
    forged = encode_signature(bytes(64))
    assert (await scene.house.get(f"/S/{made}.{forged}", **JSON)).status == 404
    # What is left: a code of the grade `sealed` needs no signature.
    sealed = RING.seal(scene.house.batches.active, 3, 4)[0].decode()
    told = await (await scene.house.get(f"/S/{sealed}", **JSON)).json()
    assert told["verdict"] == "authentic"


async def test_its_redis_resets_no_budget_of_tries(scene: Scene, redis_server: RedisServer) -> None:
    store = open_store(redis_server.url(database=7))
    await store.ready()
    results = []
    for _ in range(8):
        results.append((await scene.ask("00000000", 1, number=1)).result)
        await store.call(b"", "FLUSHALL")
    await store.close()
    assert results == [ClaimResult.WRONG_PIN] * 6 + [ClaimResult.PIN_LOCKED] * 2


async def test_it_guesses_at_the_rate_of_the_claim_service_alone(scene: Scene) -> None:
    scene.house.clock.now = scene.house.clock.now // 60_000 * 60_000
    compared = 0
    for minute in range(2):
        guesses = [
            scene.ask(f"{minute}{n:07d}", n % 100, number=minute * 1_000 + n) for n in range(200)
        ]
        answers = [answer.result for answer in await asyncio.gather(*guesses[:20])]
        answers += [(await guess).result for guess in guesses[20:]]
        assert set(answers) == {ClaimResult.WRONG_PIN, ClaimResult.BUSY}
        compared += answers.count(ClaimResult.WRONG_PIN)
        scene.house.clock.pass_minutes(1)
    assert compared <= 2 * (WRONG_PER_MINUTE + 20)  # and those under way at the same time


async def test_it_claims_by_no_lie_about_a_stamp(scene: Scene) -> None:
    batches = scene.house.batches
    lies = [
        await scene.ask(PINS.derive_pin(StampId(0, batches.active, 2)), 1, number=1),
        await scene.ask("", 1, number=2),
        await scene.ask("12345678", 1, number=3, batch=batches.recalled),
        await scene.ask("12345678", 1, number=4, batch=batches.printed),
    ]
    assert [answer.result for answer in lies] == [
        ClaimResult.WRONG_PIN,
        ClaimResult.WRONG_PIN,
        ClaimResult.NOT_CLAIMABLE,
        ClaimResult.NOT_CLAIMABLE,
    ]
    span = await scene.house.ledger.transitions.get_span(batches.active, 1)
    assert span.state is State.ACTIVATED
    # What is left: the PIN that somebody types through it, it can use first.
    typed = PINS.derive_pin(StampId(0, batches.active, 1))
    assert (await scene.ask(typed, 1, number=5)).result is ClaimResult.CLAIMED
