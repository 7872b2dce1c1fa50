"""TLS for receivers, made once."""

import pytest

from tests.notices.receivers import TestTls, make_tls
from tests.services.conftest import furnished  # noqa: F401 - a fixture


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TestTls:
    return make_tls(tmp_path_factory.mktemp("tls"))
