"""The claim service: it alone checks PINs and records claims.

It has keys of its own (`claims.json`), a database role of its own (`veritem_claims`) and counts
tries itself. The public service asks it (`web.claim_exchange`) and decides nothing about a claim.
"""

from claims.checker import PinChecker, open_in_process
from claims.serve import serve
from claims.settings import ClaimSettings

__all__ = ["ClaimSettings", "PinChecker", "open_in_process", "serve"]
