"""The REST interface of EPCIS 2.0 at `/epcis`: capture, events, named queries, vocabularies."""
