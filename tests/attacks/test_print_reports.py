"""A print house's account that sends reports to keep all others waiting."""

import asyncio

import pytest

from printing.print_report import MOST_ROWS
from tests.desk.running_desk import RunningDesk, new_key


@pytest.mark.parametrize("kind", ["text/csv", "application/jsonl"])
async def test_a_report_of_too_many_rows_is_refused_at_the_first_of_them(
    desk: RunningDesk, kind: str
) -> None:
    number = await desk.batch(1_000_000)
    if kind == "text/csv":
        rows = [f"printed,{at},{at}\n" for at in range(0, 900_000, 2)]
        body, line = "state,first,last\n" + "".join(rows), MOST_ROWS + 2
    else:
        rows = [f'{{"state":"printed","first":{at},"last":{at}}}\n' for at in range(0, 390_000, 2)]
        body, line = "".join(rows), MOST_ROWS + 1
    flood, answer = await asyncio.gather(
        desk.call(
            "in",
            "POST",
            f"/batches/{number}/reports",
            body.encode(),
            key=new_key(),
            **{"Content-Type": kind},
        ),
        desk.call("in", "GET", f"/batches/{number}"),
    )
    assert (flood.status, answer.status) == (422, 200)
    assert (await flood.json())["line"] == line
    assert (await desk.ledger.transitions.compute_balance(number)).printed == 0


async def test_a_report_of_as_many_ranges_as_allowed_is_applied(desk: RunningDesk) -> None:
    number = await desk.batch(4 * MOST_ROWS)
    rows = "".join(f"printed,{at},{at}\n" for at in range(0, 2 * MOST_ROWS, 2))
    answer = await desk.call(
        "in",
        "POST",
        f"/batches/{number}/reports",
        f"state,first,last\n{rows}".encode(),
        key=new_key(),
        **{"Content-Type": "text/csv"},
    )
    assert answer.status == 200
    longer = await desk.call(
        "in",
        "POST",
        f"/batches/{number}/reports",
        f"state,first,last\n{rows}printed,{3 * MOST_ROWS},{3 * MOST_ROWS}\n".encode(),
        key=new_key(),
        **{"Content-Type": "text/csv"},
    )
    assert (longer.status, (await longer.json())["line"]) == (422, MOST_ROWS + 2)
