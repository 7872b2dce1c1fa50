"""The sandbox: made once, usable by its tokens at once, and whole after a process that died."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

import cli

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}


def start(folder: Path, *options: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "cli", "sandbox", "--folder", str(folder), "--json", *options]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    )


@contextmanager
def run_sandbox(folder: Path, *options: str) -> Iterator[dict[str, Any]]:
    """Run the sandbox, and yield what it prints when it is ready; it ends when it is asked to."""
    with start(folder, *options) as sandbox:
        assert sandbox.stdout is not None
        line = sandbox.stdout.readline()
        if not line:
            assert sandbox.stderr is not None
            raise AssertionError(sandbox.stderr.read().decode())
        try:
            yield orjson.loads(line)
        finally:
            sandbox.terminate()
        assert sandbox.wait(30) == 0


async def ask(session: aiohttp.ClientSession, access: dict[str, Any], who: str, path: str) -> Any:
    headers = {"Authorization": f"Bearer {access['accounts'][who]['token']}"}
    async with session.get(f"{access['desk']}{path}", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json(content_type=None)


async def wait_for_portal(session: aiohttp.ClientSession, access: dict[str, Any]) -> list[Any]:
    """The messages of the portal, once records of the province and notices have come."""
    for _ in range(300):
        async with session.get(f"{access['portal']}/messages") as answer:
            messages: list[Any] = await answer.json()
        if {one["path"] for one in messages} == {"/tinh", "/htx"}:
            return messages
        await asyncio.sleep(0.1)
    raise AssertionError("the portal got nothing")


async def test_a_developer_starts_a_province_uses_its_tokens_and_finds_it_again(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "sandbox"
    # What a process that was killed leaves is made anew: the folder has no name yet.
    killed = start(folder)
    assert killed.stderr is not None
    while b'"done":3' not in killed.stderr.readline():
        pass
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert not folder.exists()
    assert (tmp_path / "sandbox.unfinished").exists()

    with run_sandbox(folder) as access:
        assert not (tmp_path / "sandbox.unfinished").exists()
        async with aiohttp.ClientSession() as session:
            lots = (await ask(session, access, "so-lien", "/api/v1/lots?limit=100"))["lots"]
            assert len(lots) == 30
            own = (await ask(session, access, "so-che", "/api/v1/lots?limit=100"))["lots"]
            assert {one["organisation"] for one in own} == {"thuy-san-ho-lak"}
            [alert] = (await ask(session, access, "thanh-tra", "/api/v1/alerts"))["alerts"]
            assert alert["kind"] == "stamp"
            mentions = await ask(session, access, "phan-phoi", "/api/v1/mentions")
            states = {one["state"] for one in mentions["mentions"]}
            assert {"open", "confirmed", "disputed"} <= states
            events = await ask(session, access, "hlan", "/epcis/events?perPage=5")
            assert events["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
            reviews = await ask(session, access, "so-lien", "/api/v1/reviews?state=submitted")
            assert len(reviews["submissions"]) == 4
            messages = await wait_for_portal(session, access)
            record = next(one["body"] for one in messages if one["path"] == "/tinh")
            assert record["ten_san_pham"]
            for name, verdict in (("genuine", "authentic"), ("suspected", "suspect"),
                                  ("recalled", "recalled")):  # fmt: skip
                headers = {"Accept": "application/json"}
                async with session.get(access["stamps"][name], headers=headers) as answer:
                    assert (await answer.json())["verdict"] == verdict
            for page in (access["desk"] + "/sign-in?lang=en", access["stamps"]["genuine"]):
                async with session.get(page, headers={"Accept-Language": "en"}) as answer:
                    assert "all data are invented" in await answer.text()
        with start(folder, "--reset") as refused:
            _, said = refused.communicate()
        assert refused.returncode == 1
        assert b"a sandbox runs in" in said

    with run_sandbox(folder) as again:
        assert again == access
        async with aiohttp.ClientSession() as session:
            lots = (await ask(session, again, "so-lien", "/api/v1/lots?limit=100"))["lots"]
            assert len(lots) == 30


@pytest.mark.parametrize("options", [(), ("--reset",)])
def test_a_folder_that_is_no_sandbox_is_left_alone(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    kept = tmp_path / "veritem.db"
    kept.write_bytes(b"the ledger of somebody")
    with start(tmp_path, *options) as refused:
        _, said = refused.communicate()
    assert refused.returncode == 1
    assert b"is not a sandbox" in said
    assert kept.read_bytes() == b"the ledger of somebody"


def test_a_folder_with_other_keys_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sandbox.json").write_bytes(b"{}")
    (tmp_path / "veritem.db").write_bytes(b"")
    with start(tmp_path, "--reset") as refused:
        _, said = refused.communicate()
    assert refused.returncode == 1
    assert b"not a sandbox" in said
    assert (tmp_path / "veritem.db").exists()
