"""The EPCIS event of an act of packing, as the record of events keeps it."""

from ledger.cartons.carton_rows import DescribedPacking
from ledger.record.epcis_events import NewEvent
from services.record.event_record import make_new_event
from traceability.epcis.aggregation import PackedStamps, PackingAct, build_aggregation_event
from traceability.epcis.event_reader import read_events
from traceability.epcis.transition_events import CONTEXT


def describe_packing(packing: DescribedPacking) -> NewEvent:
    """The AggregationEvent of an act."""
    order = packing.order
    stamps = []
    for one in packing.items:
        host, gtin = packing.batches[one.batch]
        stamps.append(PackedStamps(one.range, one.lot, gtin, f"https://{host.lower()}"))
    act = PackingAct(
        action=order.action,
        label=order.label,
        organisation=order.organisation,
        at=packing.at,
        stamps=stamps,
        cartons=packing.cartons,
        location=packing.packing_house,
    )
    document = {
        "@context": list(CONTEXT),
        "epcisBody": {"eventList": [build_aggregation_event(act)]},
    }
    [event] = read_events(document, packing.at)
    return make_new_event(event)
