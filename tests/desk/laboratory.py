"""A laboratory with one person, and what it tells of the lot of `running_desk`."""

from typing import Final

from ledger import Organisation
from tests.desk.running_desk import PASSWORD, RunningDesk

LABORATORY: Final = "Trung tâm Kiểm nghiệm Tây Nguyên"
CADMIUM: Final = {
    "at": "2026-09-14",
    "lot": "DL-2026-0912",
    "report": "KN-26-0914",
    "substance": "Cadmi (Cd)",
    "value": "0,02",
    "limit": "0,05",
    "value_unit": "mg_kg",
    "method": "AOAC 2015.01",
    "accreditation": "VILAS 123",
}
"""A result as its form has it."""


async def add_laboratory(desk: RunningDesk) -> None:
    """Add the laboratory and `tam`, who works there."""
    laboratory = Organisation("kn-tay-nguyen", "laboratory", LABORATORY)
    await desk.ledger.organisations.add(laboratory)
    await desk.ledger.staff.add(
        "tam",
        name="Lê Thị Tâm",
        role="laboratory",
        password=PASSWORD,
        organisation=laboratory.id,
        confirmed_by="test",
    )
