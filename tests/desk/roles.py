"""Roles that differ in what they may do: one for each set of permissions."""

from typing import Final

from ledger import ROLES, Role
from services.permissions import GRANTS

DISTINCT_ROLES: Final[tuple[Role, ...]] = tuple(
    {GRANTS[role]: role for role in reversed(ROLES)}.values()
)[::-1]
"""Roles with the same permissions see the same pages: the first of each stands for the others."""
