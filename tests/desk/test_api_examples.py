"""The examples of the pages are sent to a desk, in order, and answered as the page says."""

import json
import re
from pathlib import Path
from typing import Any

from ledger import RegisteredCode
from tests.desk.running_desk import RunningDesk

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ["api.md", "events.md", "diary.md"]
EXAMPLE = re.compile(
    r"<!-- as (?P<who>[\w-]+): (?P<status>\d+) -->\n```http\n(?P<method>\w+) (?P<path>\S+)\n"
    r"(?P<headers>(?:[\w-]+: [^\n]+\n)*)(?:\n(?P<body>.+?)\n)?```\n"
    r"(?:\n```json\n(?P<answer>.+?)\n```)?",
    re.DOTALL,
)


def has(found: Any, shown: Any) -> bool:
    """Whether an answer has what the page shows; what ends with `…` stands for any value."""
    if isinstance(shown, str) and shown.endswith("…"):  # an id, of which the page shows some
        return found is not None
    if isinstance(shown, dict):
        return all(has(found.get(name), value) for name, value in shown.items())
    if isinstance(shown, list):
        return len(found) == len(shown) and all(map(has, found, shown))
    return bool(found == shown)


async def test_the_examples_of_the_page_are_answered_as_it_says(
    desk: RunningDesk, quick_passwords: None
) -> None:
    await desk.printed(100)
    await desk.batch(100)
    await desk.lot()
    for count in (100, 200):
        order = {"count": count, "grade": "signed", "packer": "krong-pac", "product": "ri6"}
        await desk.fetch("mai", "POST", "/orders", order)
    await register_area(desk)
    for name in PAGES:
        page = (DOCS / name).read_text("utf-8")
        examples = list(EXAMPLE.finditer(page))
        assert len(examples) == page.count("```http"), name
        for example in examples:
            await send(desk, example)


async def register_area(desk: RunningDesk) -> None:
    """Register the growing area that the page of the diary names."""
    area = RegisteredCode("VN-ĐLOR-0123", "growing_area", "Vườn Y Bih", organisation="y-bih-nie")
    await desk.ledger.registered_codes.change(
        [area.code], lambda _: (area,), action="add", actor="bo"
    )


async def send(desk: RunningDesk, example: re.Match[str]) -> None:
    headers = dict(line.split(": ", 1) for line in example["headers"].splitlines())
    body = example["body"] and example["body"].encode()
    answer = await desk.call(example["who"], example["method"], example["path"], body, **headers)
    text = await answer.text()
    assert answer.status == int(example["status"]), (example["path"], text)
    if example["answer"]:
        assert has(json.loads(text), json.loads(example["answer"])), (example["path"], text)
