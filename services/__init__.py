"""Use cases for staff: every business rule about orders, stamps, lots and alerts, once.

    context = ServiceContext(ledger, Actor.of_staff(staff), clock, issuer)
    order = await orders.approve_order(context, "o-1")

Desk pages, desk API and command line parse their input, call the same function here and render
its result. A function checks permission and scope first, then its input, and changes the ledger
last. It raises a `stamps.errors.VeritemError` and then nothing has changed.

| package or module | use cases |
|---|---|
| `accounts` | accounts, invitations, one-time codes, sessions, tokens, devices |
| `organisations` | organisations, products, places |
| `codes` | registered codes: search, import, suspend, revoke, watch |
| `orders` | request, approve, refuse orders; their limits |
| `batches` | issue, finish, show batches; bundles; print reports, proofs and keys |
| `stamps` | look up, check and activate, change state, recall |
| `lots` | describe, draft, import lots; photos |
| `alerts` | cases: decide, hand over, hear the parties, minutes; the detector on trial |
| `reports` | consumers' reports: inbox, intake, weighing |
| `field` | field checks: snapshots, phones, findings |
| `notices` | webhooks, e-mail addresses, digests |
| `record` | EPCIS events that organisations tell, and those made from transitions |
| `figures` | dashboards, yearly reports, public figures |
| `proposals` | what one person asks for and another decides |
| `lists` | every list that people filter, sort and page |
| `documents` | the JSON form of every result |
| `tables` | what tables that people upload have in common |
| `sign_in`, `attempt_budget` | sign in, confirm an identity; budgets of attempts |
| `permissions`, `scope` | who may do what, and on whose rows |
| `home`, `audit_log` | what waits for somebody; who did what |
| `case_export`, `restores` | a case as a file; accepted losses of a restore |
"""

from services.context import Actor, ServiceContext
from services.paging import Page

__all__ = ["Actor", "Page", "ServiceContext"]
