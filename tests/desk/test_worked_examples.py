"""The worked examples of docs/exchange.md, gs1.md and webhooks.md are run as they stand.

Only addresses, the token and the password of the reader are put in: shell examples run in bash with
curl, examples in Python in a thread. They ask a real desk and a real public service.
"""

import asyncio
import base64
import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook

from tests.desk.days.public_page import code_of, open_public_page
from tests.desk.running_desk import PASSWORD, RunningDesk
from tests.traceability.epcis.standard_examples import RECEIVING, make_document

DOCS = Path(__file__).parents[2] / "docs"
PAST = {"eventTime": "2026-09-12T09:15:00+07:00", "eventTimeZoneOffset": "+07:00"}


def read_blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in one language, in their order."""
    text = (DOCS / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.+?)^```$", text, re.DOTALL | re.MULTILINE)


def read_commands(page: str) -> list[str]:
    """The calls of curl of a page that stand in indented text, each with what is shown below it."""
    text = (DOCS / page).read_text("utf-8")
    lines = re.sub(r"^```.+?^```$", "", text, flags=re.DOTALL | re.MULTILINE).splitlines()
    text = "\n".join(line.removeprefix("    ") for line in lines if line.startswith("    "))
    return re.split(r"\n(?=curl )", "\n" + text)[1:]


def put_in(block: str, changes: Mapping[str, str]) -> str:
    for shown, real in changes.items():
        block = block.replace(shown, real)
    return block


async def run_shell(folder: Path, text: str, **variables: str) -> str:
    """What commands print. A command that fails ends the test."""
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-e", "-o", "pipefail", "-c", text),
        cwd=folder,
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await asyncio.wait_for(shell.communicate(), 60)
    assert shell.returncode == 0, (out, errors)
    return out.decode()


async def run_python(text: str, **names: Any) -> dict[str, Any]:
    """The names that an example leaves behind."""
    space = dict(names)
    await asyncio.to_thread(exec, text, space)
    return space


async def test_the_examples_in_shell_are_run(
    desk: RunningDesk, tmp_path: Path, quick_passwords: None
) -> None:
    batch = await desk.activated(10)
    owner = {"prefixes": ["8935000"], "hosts": ["tanphuoc.vn"]}
    await desk.fetch("tri", "PUT", "/key-owners/krong-pac", owner, **{"If-Match": "*"})
    async with open_public_page(desk) as public:
        addresses = {
            "https://desk.veritem.vn": desk.url,
            "https://veritem.vn": public.url,
            "0123456789ABCDEFGHJK": code_of(batch, 3),
            '"password": "…"': f'"password": "{PASSWORD}"',
        }
        token = desk.tokens["mai"]
        follow, linkset, add, edit, *_ = read_commands("gs1.md")
        made = json.loads(await run_shell(tmp_path, put_in(add, addresses), TOKEN=token))
        follow, *shown = follow.splitlines()
        answer = await run_shell(tmp_path, put_in(follow, addresses))
        for line in shown[:2]:
            assert line in answer
        assert "tanphuoc.vn/ri6" in await run_shell(tmp_path, put_in(linkset, addresses))
        [python] = read_blocks("gs1.md", "python")
        await run_python(put_in(python, addresses))

        # The sandbox is a service of its own, with tests of its own.
        blocks = [one for one in read_blocks("exchange.md", "sh") if "sandbox" not in one]
        start, capture, ask, resolve, webhook = blocks
        for block, said in (
            (capture, '"captured":1'),
            (ask, '"bizStep":"receiving"'),
            (resolve, '"verdict":"authentic"'),
            (webhook, '"secret":"whsec_'),
        ):
            text = put_in(start + block, addresses)
            assert said in await run_shell(tmp_path, text, TOKEN=token)
        edited = await run_shell(
            tmp_path,
            put_in(edit.split("\nveritem")[0], addresses),
            TOKEN=token,
            SET=made["id"],
        )
        assert json.loads(edited)["links"] == []


async def test_the_examples_in_python_are_run(desk: RunningDesk) -> None:
    capture, ask, told = (
        put_in(block, {"https://desk.veritem.vn": desk.url})
        for block in read_blocks("exchange.md", "python")
    )
    events = [{**RECEIVING, **PAST, "epcList": [f"urn:example:{n}"]} for n in range(3)]
    handled: list[Any] = []
    names = {"token": desk.tokens["mai"], "handle": lambda *some: handled.append(some)}
    space = await run_python(capture, document=make_document(*events), **names)
    assert space["state"]["captured"] == 3
    await run_python(ask.replace('"perPage": 500', '"perPage": 2'), **{**space, **names})
    assert sorted(one["epcList"][0] for (one,) in handled) == [f"urn:example:{n}" for n in range(3)]
    wrong = make_document({**events[0], "bizStep": "shiping"})
    space = await run_python(capture, document=wrong, **names)
    assert space["error"]["path"] == "/epcisBody/eventList/0/bizStep"

    secret = "whsec_" + base64.b64encode(bytes(24)).decode()
    body = '{"type": "lot.recalled", "data": {"lot": "L1"}}'
    for text in (told, read_blocks("webhooks.md", "python")[0].replace("whsec_…", secret)):
        headers = sign(secret, body)
        await run_python(
            text,
            **{**names, "secret": secret, "body": body, "headers": headers},
            seen=lambda _: False,
            request_body=body,
            request_headers=headers,
        )
    assert handled[-1] == ("lot.recalled", {"lot": "L1"})


def sign(secret: str, body: str) -> dict[str, str]:
    at = datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body),
    }


async def test_a_receiver_is_tried_with_openssl_as_the_page_says(tmp_path: Path) -> None:
    secret = "whsec_" + base64.b64encode(bytes(range(24))).decode()
    verified: list[Any] = []

    async def receive(request: web.Request) -> web.Response:
        verified.append(Webhook(secret).verify(await request.text(), dict(request.headers)))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/webhook", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    [block] = read_blocks("webhooks.md", "sh")
    address = runner.addresses[0]
    await run_shell(
        tmp_path,
        put_in(
            block,
            {"whsec_…": secret, "https://example.vn": f"http://{address[0]}:{address[1]}"},
        ),
    )
    await runner.cleanup()
    assert verified == [{"type": "webhook.tested"}]
