"""Schemathesis against the running API: every check on, few examples."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from schemas.codec import TOPIC_OF
from streams.access import Access
from streams.intake.limits import Allowance, Limits

_PLENTY = Allowance(per_second=1e6, burst=1e9)
_CONFIG = """
# What a schema cannot say is refused all the same: a year out of bounds, a period that ends before it begins, a text
# that names a person, a state that nobody knows (422); a source or a license that is not the key's (403); a body that
# differs from what has this id (409). That good facts are let in is shown by the examples, which must get 202.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 422]
# Of many records, some may be good: 207 says of each what became of it.
[checks.negative_data_rejection]
expected-statuses = [207, 400, 401, 403, 404, 405, 406, 409, 411, 413, 415, 422, 428, 429, 431]
"""


@pytest.fixture(name="running_intake")
def running_intake_fixture(intake: Any) -> Iterator[str]:
    """The address of a server on loopback, which is stopped at the end."""
    intake.limits = Limits(intake.clock.seconds, feeder=_PLENTY, office=_PLENTY)
    config = uvicorn.Config(intake.app(max_body=200_000), host="127.0.0.1", port=0, log_level="warning", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


_QUICK = "/(retractions|receipts|alerts|parked|healthz|readyz|metrics)"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("phases", "which", "most"),
    [("examples,fuzzing,stateful", "/", "4"), ("coverage", _QUICK, "1")],
    ids=["every address: examples, random, sequences", "small addresses: each constraint at its edges"],
)
def test_running_api_keeps_what_its_description_promises(
    running_intake: str, intake: Any, tmp_path: Path, an_alert: Any, told_to: Any, phases: str, which: str, most: str
) -> None:
    intake.reads.known_alerts = [an_alert()]
    everything = Access(name="all", scopes=frozenset({"feed", "officer", "admin"}))
    config = tmp_path / "schemathesis.toml"
    config.write_text(_CONFIG)
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config), "run",
        f"{running_intake}/api/v1/openapi.json", "--checks", "all", "--phases", phases, "--include-path-regex", which,
        "--max-examples", most, "--seed", "1", "--generation-database", "none", "--continue-on-failure",
        "--header", f"Authorization:{told_to(everything)['Authorization']}", "--suppress-health-check", "all",
        "--request-timeout", "30",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=os.environ | {"NO_COLOR": "1"})
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "passed" in done.stdout
    assert ("examples" in phases) <= (len(intake.everything()) > len(TOPIC_OF))
