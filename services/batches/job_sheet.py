"""Job sheet of a batch: what a print house must know before it prints."""

from dataclasses import dataclass

from ledger import Batch, Order, Organisation, ProductRow
from ledger.errors import UnknownRow
from printing import STANDARD_DESIGNS, Design, SheetLayout
from printing.qr.encoder import count_modules
from services import scope
from services.context import ServiceContext
from services.permissions import Permission, require_permission
from stamps.vietnam_time import to_iso_day


@dataclass(frozen=True, slots=True)
class JobSheet:
    """One job. Lengths are millimetres."""

    batch: Batch
    order: Order
    product: ProductRow | None
    packer: Organisation | None
    print_house: Organisation | None
    design: Design
    modules: int
    """Modules of a symbol's side."""
    symbol_mm: float
    quiet_mm: float
    """Blank margin around the symbol."""
    per_sheet: int
    sheets: int
    is_late: bool
    """Whether the day by which the stamps are needed has passed."""


async def get_job_sheet(context: ServiceContext, number: int) -> JobSheet:
    """The job sheet of a batch. Raises `Forbidden`, `UnknownBatch`, `UnfinishedBatch`."""
    require_permission(context, Permission.BUNDLE_TAKE)
    batch = await scope.find_batch(context, number)
    ledger = context.ledger
    order = await ledger.orders.get(batch.order)
    run = context.require_issuer().prepare_print_run(batch)
    design = STANDARD_DESIGNS[batch.grade]
    modules = count_modules(run.payload, design.level)
    imposition = SheetLayout().impose(design)
    product = None
    if order.product is not None:
        try:
            product = await ledger.products.get(order.product)
        except UnknownRow:
            product = None  # products that only lots name are not registered
    return JobSheet(
        batch=batch,
        order=order,
        product=product,
        packer=await ledger.organisations.get(order.packer) if order.packer else None,
        print_house=(
            await ledger.organisations.get(order.print_house) if order.print_house else None
        ),
        design=design,
        modules=modules,
        symbol_mm=design.side_mm(modules),
        quiet_mm=design.quiet_mm(),
        per_sheet=len(imposition.places),
        sheets=imposition.pages(batch.count),
        is_late=order.due_on is not None and order.due_on < to_iso_day(context.clock()),
    )
