"""The claim service as the public service sees it: it asks, and decides nothing."""

from resolver.claims.port import ClaimService, OpenClaimService

__all__ = ["ClaimService", "OpenClaimService"]
