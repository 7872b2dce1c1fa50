"""The JSON API for machines: `/api/v1/…`, documented at `/api/openapi.json`.

`resources` lists the routes; each module below declares those of one resource. `routing` validates
requests by the handlers' signatures, and `openapi` writes the document from the same signatures.
"""
