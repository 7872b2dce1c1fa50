"""Photos of lots on the public service: immutable, by hash only, no listing."""

import pytest

from attachments import AttachmentStore
from tests.attachments.photos import encode_photo
from tests.resolver.house import House


async def test_a_photo_is_served_for_good_and_runs_nothing(house: House) -> None:
    store = AttachmentStore(house.dependencies.settings.attachments)
    digest = await store.add_photo(encode_photo())
    for _ in range(2):  # from the disk, then from memory
        async with house.session.get(f"{house.serving.url}/a/{digest}") as answer:
            assert answer.status == 200
            assert await answer.read() == store.read(digest)
            headers = answer.headers
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    async with house.session.head(f"{house.serving.url}/a/{digest}") as answer:
        assert (answer.status, await answer.read()) == (200, b"")
    async with house.session.post(f"{house.serving.url}/a/{digest}") as answer:
        assert answer.status == 405


@pytest.mark.parametrize(
    "name", ["0" * 64, "", "%2e%2e/veritem.db", "0" * 63, "A" * 64, "0" * 64 + ".jpg"]
)
async def test_another_address_has_no_photo(house: House, name: str) -> None:
    async with house.session.get(f"{house.serving.url}/a/{name}") as answer:
        assert answer.status == 404
