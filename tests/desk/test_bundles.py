"""Bundles: for the order's print house alone, resumable at any byte; print reports."""

import asyncio
import hashlib
from dataclasses import replace
from typing import Any

import orjson
import pyrage
import pytest

from printing import check_files, verify_manifest
from tests.desk.running_desk import SIGNER, RunningDesk, new_key


async def ready(desk: RunningDesk, number: int, form: str = "csv", who: str = "in") -> Any:
    path = f"/batches/{number}/bundles/{form}"
    begun = await desk.call(who, "POST", path)
    assert begun.status in (200, 202), await begun.text()
    for _ in range(200):
        document = await desk.fetch(who, "GET", path)
        if document["state"] != "writing":
            return document
        await asyncio.sleep(0.02)
    raise AssertionError("never written")


async def test_a_print_house_downloads_its_bundle_and_verifies_it(desk: RunningDesk) -> None:
    number = await desk.batch(2500)
    path = f"/batches/{number}/bundles/csv"
    assert (await desk.fetch("in", "GET", path))["state"] == "absent"
    early = await desk.call("in", "GET", f"{path}/files/manifest.json")
    assert (early.status, (await early.json())["type"]) == (409, "/problems/bundle-not-ready")
    bundle = await ready(desk, number)
    assert (bundle["state"], bundle["done"], bundle["total"]) == ("ready", 2500, 2500)
    folder = desk.directory / "taken"
    folder.mkdir()
    for href in (bundle["ticket"], bundle["manifest"], *(p["href"] for p in bundle["parts"])):
        answer = await desk.call("in", "GET", href)
        assert answer.status == 200
        assert "attachment" in answer.headers["Content-Disposition"]
        (folder / href.rpartition("/")[2]).write_bytes(await answer.read())
    manifest = (folder / "manifest.json").read_bytes()
    verify_manifest(manifest, SIGNER.public_keys().to_jwks())
    check_files(manifest, folder)
    (part,) = bundle["parts"]
    lines = (folder / part["name"]).read_bytes().splitlines()
    assert len(lines) == 2501
    said = [e.action for e in await desk.ledger.audit.list_after()]
    assert [one for one in said if one in ("bundle.prepare", "bundle.take")] == [
        "bundle.prepare"
    ] + ["bundle.take"] * 3


async def test_a_download_resumes_where_it_was_interrupted(desk: RunningDesk) -> None:
    number = await desk.batch(2500)
    (part,) = (await ready(desk, number))["parts"]
    half = part["size"] // 2
    first = await desk.call("in", "GET", part["href"], Range=f"bytes=0-{half - 1}")
    rest = await desk.call("in", "GET", part["href"], Range=f"bytes={half}-")
    assert (first.status, rest.status) == (206, 206)
    assert rest.headers["Content-Range"] == f"bytes {half}-{part['size'] - 1}/{part['size']}"
    whole = await first.read() + await rest.read()
    assert hashlib.sha256(whole).hexdigest() == part["sha256"]
    beyond = await desk.call("in", "GET", part["href"], Range=f"bytes={part['size']}-")
    assert beyond.status == 416


async def test_a_batch_of_another_print_house_is_unknown(desk: RunningDesk) -> None:
    number = await desk.batch(10)
    await ready(desk, number)
    for method, path in (
        ("GET", f"/batches/{number}"),
        ("POST", f"/batches/{number}/bundles/csv"),
        ("GET", f"/batches/{number}/bundles/csv"),
        ("GET", f"/batches/{number}/bundles/csv/files/manifest.json"),
    ):
        assert (await desk.call("in2", method, path)).status == 404, path
    assert (await desk.fetch("in2", "GET", "/batches"))["batches"] == []
    body = b"state,roll\nprinted,1\xc2\xb70-9\n"
    report = await desk.call(
        "in2", "POST", f"/batches/{number}/reports", body, key="k", **{"Content-Type": "text/csv"}
    )
    assert report.status == 404


async def test_no_path_leaves_the_bundle(desk: RunningDesk) -> None:
    number = await desk.batch(10)
    await ready(desk, number)
    path = f"/batches/{number}/bundles/csv/files"
    (desk.directory / "bundles" / "secret").write_text("x")
    for name in ("..%2fsecret", "..%2F..%2Fledger.db", ".bundle.journal", "%2e%2e", "x"):
        answer = await desk.call("in", "GET", f"{path}/{name}")
        assert answer.status == 404, name
    assert (await desk.call("in", "GET", f"/batches/{number}/bundles/exe")).status == 404


async def test_a_registered_key_encrypts_the_bundle_and_pins_require_one(desk: RunningDesk) -> None:
    number = await desk.batch(10, has_pin=True)
    bare = await desk.call("in", "POST", f"/batches/{number}/bundles/csv")
    assert (bare.status, (await bare.json())["type"]) == (409, "/problems/pins-need-encryption")
    assert (await desk.fetch("in", "GET", f"/batches/{number}/bundles/csv"))["state"] == "absent"
    identity = pyrage.x25519.Identity.generate()
    press = await desk.ledger.organisations.get("in-mekong")
    await desk.ledger.organisations.replace(replace(press, public_key=str(identity.to_public())))
    bundle = await ready(desk, number)
    assert bundle["encrypted_for"] == [str(identity.to_public())]
    (part,) = bundle["parts"]
    assert part["name"].endswith(".age")
    sealed = await (await desk.call("in", "GET", part["href"])).read()
    assert len(pyrage.decrypt(sealed, [identity]).splitlines()) == 11


async def test_an_invalid_key_fails_the_bundle_and_can_be_corrected(desk: RunningDesk) -> None:
    number = await desk.batch(10)
    press = await desk.ledger.organisations.get("in-mekong")
    await desk.ledger.organisations.replace(replace(press, public_key="age1nonsense"))
    assert (await ready(desk, number))["state"] == "failed"
    await desk.ledger.organisations.replace(press)
    assert (await ready(desk, number))["state"] == "ready"


async def test_concurrent_requests_write_the_bundle_once(desk: RunningDesk) -> None:
    number = await desk.batch(5000)
    path = f"/batches/{number}/bundles/jsonl"
    answers = await asyncio.gather(*(desk.call("in", "POST", path) for _ in range(5)))
    assert {answer.status for answer in answers} <= {200, 202}
    assert (await ready(desk, number, "jsonl"))["state"] == "ready"
    begun = [e for e in await desk.ledger.audit.list_after() if e.action == "bundle.prepare"]
    assert len(begun) == 1


async def report(
    desk: RunningDesk, number: int, body: str, key: str, kind: str = "text/csv"
) -> Any:
    return await desk.call(
        "in",
        "POST",
        f"/batches/{number}/reports",
        body.encode(),
        key=key,
        **{"Content-Type": kind},
    )


async def test_a_report_is_applied_completely_and_once(desk: RunningDesk) -> None:
    number = await desk.batch(1000)
    body = f"state,roll,reason\nprinted,{number}·0-989,\nspoiled,{number}·990-999,misprint\n"
    for _ in range(2):
        answer = await report(desk, number, body, "k1")
        assert answer.status == 200, await answer.text()
        document = await answer.json()
        assert (document["printed"], document["good"], document["spoiled"]) == (1000, 990, 10)
        assert document["balance"]["printed"] == 1000
        assert document["balance"]["states"]["printed"] == 990
        assert document["balance"]["void"] == {"misprint": 10}
        assert document["balance"]["balances"]
    assert all(transition["repeated"] for transition in document["transitions"])
    other = await report(desk, number, "state,first,last\nprinted,0,1\n", "k1")
    assert (other.status, (await other.json())["type"]) == (422, "/problems/key-reused")


async def test_an_invalid_report_records_nothing(desk: RunningDesk) -> None:
    number = await desk.batch(1000)
    lines = [
        {"state": "printed", "first": 0, "last": 9},
        {"state": "lost", "first": 10, "last": 19},
    ]
    body = "\n".join(orjson.dumps(line).decode() for line in lines)
    wrong = await report(desk, number, body, "k1", "application/jsonl")
    assert (wrong.status, (await wrong.json())["line"]) == (422, 2)
    await report(desk, number, "state,first,last\nprinted,5,9\n", "k2")
    clash = await report(desk, number, "state,first,last\nprinted,0,19\n", "k3")
    assert clash.status == 409
    assert (await clash.json())["conflicts"] == [{"first": 5, "last": 9, "state": "printed"}]
    balance = await desk.ledger.transitions.compute_balance(number)
    assert balance.printed == 5


@pytest.mark.parametrize("form", ["pdf", "svg", "jsonl"])
async def test_every_format_is_written(desk: RunningDesk, form: str) -> None:
    bundle = await ready(desk, await desk.batch(20), form)
    assert bundle["state"] == "ready", bundle
    (part,) = bundle["parts"]
    answer = await desk.call("in", "GET", part["href"])
    assert len(await answer.read()) == part["size"]


async def test_a_restarted_desk_resumes_the_bundle(desk: RunningDesk) -> None:
    number = await desk.batch(10)
    folder = desk.directory / "bundles" / f"batch-{number}-csv"
    folder.mkdir(parents=True)
    (folder / ".bundle.journal").write_bytes(b"")
    assert (await ready(desk, number))["state"] == "ready"
    assert (await desk.fetch("in", "POST", f"/batches/{number}/bundles/csv"))["state"] == "ready"
    assert new_key()
