"""The HTTP server of the public service, without any knowledge of stamps.

`server` makes connections; `connection` reads requests and writes responses; `head` checks a head;
`router` finds the handler; `negotiation` says what form of answer the client wants; `response` is
the answer as it is sent.
"""
