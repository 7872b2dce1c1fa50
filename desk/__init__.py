"""The desk: the staff service of print houses, packers, inspectors, authorities and the issuer.

`desk.serve.serve` runs one process, `desk.serve.run_desk` serves inside a running event loop, and
`desk.app.create_app` makes the aiohttp application. Machines use `/api/v1/…`, people the pages.

Importing this package loads nothing: `desk.settings` is also read by processes that must not load
the issuer.
"""
