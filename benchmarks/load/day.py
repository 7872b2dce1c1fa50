"""Locust file of a day at a running service (`python -m benchmarks.load.run day` starts all):

    VERITEM_CODES=codes.txt locust -f benchmarks/load/day.py --host http://127.0.0.1:8080 \
        --headless -u 200 -r 50 -t 60s

`VERITEM_CODES` names a file of codes, one a line. Visitors, in hundredths of all tasks:

| visitor | share | action |
|---|---|---|
| shopper | 60 | opens the page, which confirms the scan; one in three gives a place |
| looker | 15 | opens the page without confirming (like a link preview) |
| viral | 10 | scans one viral stamp |
| retry | 5 | sends its confirmation twice, as phones on weak networks do |
| bot | 5 | HEAD and GET, never confirms |
| junk | 5 | made-up and mistyped codes |
"""

import os
import random
from pathlib import Path

from locust import FastHttpUser, between, task

CODES = Path(os.environ["VERITEM_CODES"]).read_text().split()
_PLACES = (
    {"lat": 21.03, "lon": 105.85, "accuracy_m": 40},
    {"lat": 10.78, "lon": 106.70, "accuracy_m": 900},
    {"province": "48"},
)
_JSON = {"Accept": "application/json", "Content-Type": "application/json"}


class Day(FastHttpUser):
    """Visitors, one after another on one connection."""

    wait_time = between(0.1, 1.0)

    @task(60)
    def shopper(self) -> None:
        """Scan, perhaps with a place."""
        self._scan(random.choice(CODES), times=1)

    @task(15)
    def looker(self) -> None:
        """Visit."""
        self.client.get(f"/S/{random.choice(CODES)}", name="visit")

    @task(10)
    def viral(self) -> None:
        """Scan the stamp of a reviewer's post."""
        self._scan(CODES[0], times=1, kind="viral scan")

    @task(5)
    def retry(self) -> None:
        """Confirm twice with one token: the second answer is 409, and one scan counts."""
        self._scan(random.choice(CODES), times=2)

    @task(5)
    def bot(self) -> None:
        """Visit without confirming."""
        path = f"/S/{random.choice(CODES)}"
        # locust's fast client decompresses the missing body of an answer to HEAD.
        self.client.head(path, name="bot HEAD", headers={"Accept-Encoding": "identity"})
        self.client.get(path, name="bot GET")

    @task(5)
    def junk(self) -> None:
        """Visit with a code that does not verify."""
        code = random.choice(("0" * 20, "nonsense", random.choice(CODES)[:-1] + "Z"))
        with self.client.get(f"/S/{code}", name="junk", catch_response=True) as answer:
            if answer.status_code in (404, 429):
                answer.success()

    def _scan(self, code: str, times: int, kind: str = "scan") -> None:
        if random.random() < 0.8:
            self.client.cookiejar.clear()  # another visitor, on the same connection
        with self.client.get(f"/S/{code}", headers=_JSON, name="page") as page:
            if page.status_code != 200:
                return
            token = page.json()["token"]
        place = random.choice(_PLACES) if random.random() < 0.33 else None
        body = {"code": code, "token": token, "place": place}
        for turn in range(times):
            with self.client.post(
                "/v1/scans",
                json=body,
                headers=_JSON,
                name="scan again" if turn else kind,
                catch_response=True,
            ) as answer:
                if turn and answer.status_code == 409:
                    answer.success()
