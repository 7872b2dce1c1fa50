"""The running desk and resolver that attacks are tried on."""

from tests.desk.conftest import desk
from tests.resolver.conftest import house, pytest_asyncio_loop_factories

__all__ = ["desk", "house", "pytest_asyncio_loop_factories"]
