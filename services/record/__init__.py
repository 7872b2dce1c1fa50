"""Use cases of the traceability record: EPCIS events told and made from transitions."""
