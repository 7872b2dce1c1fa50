"""The public page of figures: published quarters, small counts hidden, cached."""

from typing import Any

from tests.resolver.house import JSON, House

COLUMNS = (
    "issued", "activated", "scans", "reports", "alerts", "alerts_confirmed", "alerts_dismissed",
    "recalls", "recalled",
)  # fmt: skip


def a_quarter(name: str, issued: int) -> dict[str, Any]:
    counts = {**dict.fromkeys(COLUMNS), "issued": issued}
    return {
        "quarter": name,
        "first": "2026-07-01",
        "last": "2026-09-30",
        "suppressed_below": 5,
        "total": counts,
        "products": [
            {"product": "ri6", "name": {"vi": "Sầu riêng <Ri6>"}, **counts},
            {"product": None, "name": None, **counts},
        ],
        "precision": {
            "values": [{"scan_rate": 0.002, "precision": 0.84, "low": 0.82, "high": 0.85}]
        },
    }


async def test_the_page_shows_published_quarters_and_hides_small_counts(house: House) -> None:
    empty = await house.get("/figures")
    assert "Chưa có quý nào được công bố" in await empty.text()
    house.clock.pass_minutes(6)
    await house.ledger.public_figures.add("2026-Q3", a_quarter("2026-Q3", 1_234_567), 0)
    response = await house.get("/figures")
    page = await response.text()
    assert "Quý 3 năm 2026" in page
    assert "1.234.567" in page
    assert "không công bố" in page
    assert "Sầu riêng &lt;Ri6&gt;" in page
    assert "khi 0,2% số tem được quét" in page
    assert "84% (82% – 85%)" in page
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    assert len(page.encode()) < 30_000
    for language, words in (("en", "Quarter 3 of 2026"), ("zh", "2026 年第 3 季度")):
        assert words in await (await house.get(f"/figures?lang={language}")).text()


async def test_json_has_the_same_documents(house: House) -> None:
    await house.ledger.public_figures.add("2026-Q3", a_quarter("2026-Q3", 100), 0)
    response = await house.get("/figures", **JSON)
    assert response.content_type == "application/json"
    [quarter] = (await response.json())["quarters"]
    assert quarter["total"]["issued"] == 100
    assert quarter["total"]["alerts"] is None


async def test_many_requests_read_the_ledger_once(house: House) -> None:
    for _ in range(20):
        assert (await house.get("/figures")).status == 200
    await house.ledger.public_figures.add("2026-Q3", a_quarter("2026-Q3", 100), 0)
    assert "Chưa có quý nào" in await (await house.get("/figures")).text()
