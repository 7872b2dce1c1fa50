"""Links of GS1 keys: what a resolver leads to from a trade item, a place or a shipment.

- `anchor`: the key and qualifiers that links belong to, and the anchors above it.
- `link_types`: the link types of the GS1 Web Vocabulary, with their names.
- `link_set`: the links of one anchor, and what a link may be.
- `choice`: which link answers a request.
- `linkset_document`: all links of an anchor as a document of RFC 9264.

GS1-Conformant Resolver Standard, release 1.1; what differs is in ADR 0103.
"""
