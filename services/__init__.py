"""Use cases for staff: every business rule about orders, stamps, lots and alerts, once.

    context = ServiceContext(ledger, Actor.of_staff(staff), clock, issuer)
    order = await orders.approve_order(context, "o-1")

Desk pages, desk API and command line parse their input, call the same function here and render
its result. A function checks permission and scope first, then its input, and changes the ledger
last. It raises a `stamps.errors.VeritemError` and then nothing has changed.

| module | use cases |
|---|---|
| `orders` | request, approve, refuse and list orders |
| `batches` | issue, finish, show and list batches; mass balance |
| `bundles` | write, show and hand out a print house's bundle |
| `print_reports` | record what was printed and spoiled |
| `activation` | check and activate a serial range for a lot |
| `transitions` | void, suspend, release and every other transition of serial ranges |
| `recalls` | recall a lot or a batch |
| `lots` | describe, show and list lots |
| `alerts` | list, open, decide; block the stamp of an alert |
| `stamp_lookup` | find stamps by serial range, code or address |
| `registry` | organisations, products, places |
| `sign_in` | sign in, confirm an identity; budgets of attempts |
| `accounts` | accounts, passwords, sessions, tokens |
| `permissions`, `scope` | who may do what, and on whose rows |
| `documents` | the JSON form of every result |
"""

from services.context import Actor, ServiceContext
from services.paging import Page

__all__ = ["Actor", "Page", "ServiceContext"]
