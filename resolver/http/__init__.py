"""The HTTP server of the public service, without any knowledge of stamps.

The way of a request: `server` reads it from its connection (`Request`), `router` finds its handler,
`negotiation` says what form of answer it wants, `response` is the answer as it is sent.
"""
