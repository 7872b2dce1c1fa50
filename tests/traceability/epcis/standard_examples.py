"""Documents as the standard describes them: one of each type of event, with what it may have."""

from typing import Any, Final

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
DRAFT_ID: Final = f"ni:///sha-256;{'d' * 64}?ver=CBV2.0"
"""An id as drafts of the standard computed them: of the form of a hash, and another one."""

SHIPPING: Final[dict[str, Any]] = {
    "type": "ObjectEvent",
    "eventID": DRAFT_ID,
    "eventTime": "2026-04-03T20:33:31.116000-06:00",
    "eventTimeZoneOffset": "-06:00",
    "action": "OBSERVE",
    "bizStep": "shipping",
    "disposition": "in_transit",
    "epcList": ["urn:epc:id:sgtin:0614141.107346.2017", "urn:epc:id:sgtin:0614141.107346.2018"],
    "readPoint": {"id": "urn:epc:id:sgln:0614141.07346.1234"},
    "bizTransactionList": [
        {"type": "po", "bizTransaction": "http://transaction.acme.example/po/12345678"}
    ],
}
RECEIVING: Final[dict[str, Any]] = {
    "type": "ObjectEvent",
    "eventTime": "2026-04-04T20:33:31.116-06:00",
    "eventTimeZoneOffset": "-06:00",
    "action": "OBSERVE",
    "bizStep": "receiving",
    "epcList": ["urn:epc:id:sgtin:0614141.107346.2018"],
    "quantityList": [
        {"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 200, "uom": "KGM"}
    ],
    "readPoint": {"id": "urn:epc:id:sgln:0012345.11111.400"},
    "bizLocation": {"id": "urn:epc:id:sgln:0012345.11111.0"},
    "sourceList": [{"type": "possessing_party", "source": "urn:epc:id:pgln:4012345.00001"}],
    "destinationList": [{"type": "location", "destination": "urn:epc:id:sgln:0614141.00777.0"}],
    "example:myField": "Example of a vendor extension",
}
AGGREGATION: Final[dict[str, Any]] = {
    "type": "AggregationEvent",
    "eventTime": "2026-06-08T14:58:56.591Z",
    "eventTimeZoneOffset": "+02:00",
    "parentID": "urn:epc:id:sscc:0614141.1234567890",
    "childEPCs": ["urn:epc:id:sgtin:0614141.107346.2017"],
    "childQuantityList": [{"epcClass": "urn:epc:idpat:sgtin:4012345.098765.*", "quantity": 10}],
    "action": "OBSERVE",
    "bizStep": "receiving",
    "disposition": "in_progress",
    "persistentDisposition": {"set": ["completeness_verified"], "unset": ["completeness_inferred"]},
    "readPoint": {"id": "urn:epc:id:sgln:0614141.00777.0"},
    "bizLocation": {"id": "urn:epc:id:sgln:0614141.00888.0"},
}
TRANSFORMATION: Final[dict[str, Any]] = {
    "type": "TransformationEvent",
    "eventTime": "2026-10-31T14:58:56.591Z",
    "eventTimeZoneOffset": "+02:00",
    "inputQuantityList": [
        {"epcClass": "urn:epc:class:lgtin:4012345.011122.25", "quantity": 10, "uom": "KGM"},
        {"epcClass": "urn:epc:class:lgtin:0614141.077777.987", "quantity": 30},
    ],
    "outputEPCList": ["urn:epc:id:sgtin:4012345.077889.25"],
    "bizStep": "commissioning",
    "disposition": "in_progress",
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00001.0"},
    "ilmd": {"cbvmda:lotNumber": "ABC123", "example:bestBefore": "2026-12-24"},
}
TRANSACTION: Final[dict[str, Any]] = {
    "type": "TransactionEvent",
    "eventTime": "2026-08-18T08:12:16Z",
    "eventTimeZoneOffset": "-05:00",
    "action": "ADD",
    "bizTransactionList": [
        {"type": "po", "bizTransaction": "urn:epc:id:gdti:0614141.00001.1618034"}
    ],
    "parentID": "urn:epc:id:sscc:0614141.1234567890",
    "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"],
    "bizStep": "shipping",
}
ASSOCIATION: Final[dict[str, Any]] = {
    "type": "AssociationEvent",
    "eventTime": "2026-11-01T14:00:00.000+01:00",
    "eventTimeZoneOffset": "+01:00",
    "parentID": "urn:epc:id:grai:4012345.55555.987",
    "childEPCs": ["urn:epc:id:giai:4000001.12345"],
    "action": "ADD",
    "bizStep": "assembling",
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00001.0"},
}
SENSOR: Final[dict[str, Any]] = {
    "type": "ObjectEvent",
    "eventTime": "2026-04-02T15:00:00.000+01:00",
    "eventTimeZoneOffset": "+01:00",
    "action": "OBSERVE",
    "bizStep": "sensor_reporting",
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0"},
    "sensorElementList": [
        {
            "sensorMetadata": {
                "time": "2026-04-02T14:05:00.000+01:00",
                "deviceID": "urn:epc:id:giai:4000001.111",
                "deviceMetadata": "https://id.gs1.org/8004/4000001111",
            },
            "sensorReport": [
                {"type": "Temperature", "value": 26.0, "uom": "CEL"},
                {"type": "RelativeHumidity", "value": 12.1, "uom": "A93"},
                {"exception": "ALARM_CONDITION", "type": "Speed", "booleanValue": True},
            ],
        }
    ],
}
DECLARED_WRONG: Final[dict[str, Any]] = {
    **RECEIVING,
    "errorDeclaration": {
        "declarationTime": "2026-11-07T14:00:00.000+01:00",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"],
    },
}

EXAMPLES: Final = {
    "shipping": SHIPPING,
    "receiving": RECEIVING,
    "aggregation": AGGREGATION,
    "transformation": TRANSFORMATION,
    "transaction": TRANSACTION,
    "association": ASSOCIATION,
    "sensor": SENSOR,
    "declared wrong": DECLARED_WRONG,
}


def make_document(*events: dict[str, Any]) -> dict[str, Any]:
    """An EPCIS document with everything that the standard asks of one."""
    return {
        "@context": [CONTEXT, {"example": "https://ns.example.com/epcis/"}],
        "id": "https://id.example.org/document1",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-07T14:00:00.000+01:00",
        "epcisBody": {"eventList": list(events)},
    }
