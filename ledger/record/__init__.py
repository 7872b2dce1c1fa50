"""The traceability record: EPCIS events of organisations."""
