"""The HTTP server of the public service, without any knowledge of stamps.

`server` reads a request from its connection and `head` checks it; `router` finds its handler;
`negotiation` says what form of answer it wants; `response` is the answer as it is sent.
"""
