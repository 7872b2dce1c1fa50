"""The running desk and resolver that attacks are tried on."""

from tests.desk.conftest import desk
from tests.resolver.conftest import house

__all__ = ["desk", "house"]
