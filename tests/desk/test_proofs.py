"""Print proofs through pages and API."""

import io

import aiohttp
import numpy as np
from PIL import Image

from desk.texts import TEXTS
from printing import STANDARD_DESIGNS, PrintRun
from printing.proofs.judgement import FINDINGS
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk


def draw(run: PrintRun, index: int) -> bytes:
    """One symbol as a press prints it."""
    encoder = STANDARD_DESIGNS[run.grade].make_encoder(run.payload)
    dark = encoder.encode_matrices(run.stamps(index, index + 1).variable)[0]
    light = Image.fromarray(255 * (1 - np.pad(dark, 4)).astype(np.uint8))
    output = io.BytesIO()
    light.resize((8 * light.width, 8 * light.height), Image.Resampling.NEAREST).save(output, "PNG")
    return output.getvalue()


async def test_a_proof_by_page_and_api_has_the_same_findings(desk: RunningDesk) -> None:
    number = await desk.batch(10)
    batch = await desk.ledger.batches.get(number)
    run = desk.dependencies.issuer.prepare_print_run(batch, scheme="https")
    content = draw(run, 3)
    path = f"/batches/{number}/proofs"
    media = {"Content-Type": "image/png"}
    made = await desk.fetch("in", "POST", path, content, key="k", **media)
    assert (made["good"], made["symbols"]) == (True, 1)
    assert made["findings"]["symbols"][0]["index"] == 3
    assert await desk.fetch("in", "GET", f"{path}/{made['id']}") == made
    assert [one["id"] for one in (await desk.fetch("mai", "GET", path))["proofs"]] == [made["id"]]
    async with somebody(desk, "in") as press:
        csrf = (await press.get(f"/batches/{number}")).hidden("csrf")
        form = aiohttp.FormData({"csrf": csrf, "key": "p"})
        form.add_field("proof", content, filename="sheet.png", content_type="image/png")
        page = await press._ask("POST", path, data=form)
        assert (page.status, page.path.startswith(path)) == (200, True)
        assert TEXTS["vi"]("proof.good") in page.text
        empty = await press.post(path, {"csrf": csrf, "key": "q"})
        assert (empty.status, TEXTS["vi"]("flaw.missing") in empty.text) == (400, True)
        picture = await press.session.get(f"{desk.url}{page.path}/picture")
        assert (picture.status, picture.content_type) == (200, "image/jpeg")
    async with somebody(desk, "in2") as other:
        for hidden in (page.path, f"{page.path}/picture"):
            assert (await other.get(hidden)).status == 404


async def test_a_file_that_is_no_proof_is_a_problem(desk: RunningDesk) -> None:
    number = await desk.batch(10)
    answer = await desk.call(
        "in", "POST", f"/batches/{number}/proofs", b"no", key="k", **{"Content-Type": "image/png"}
    )
    assert (answer.status, (await answer.json())["type"]) == (
        422,
        "/problems/proof-unreadable",
    )


def test_every_finding_has_a_text_in_every_language() -> None:
    for texts in TEXTS.values():
        for finding in FINDINGS:
            assert texts(f"finding.{finding}")
            assert finding == "good" or texts(f"finding_hint.{finding}")
