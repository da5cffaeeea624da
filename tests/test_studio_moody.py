"""A real Label Studio behind a line on which every third request goes wrong: given again until it is done, each
command comes to what it comes to on a good day."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from studio_help import RunningStudio

from tests.kill_jobs import bulletins
from tests.kill_studio_jobs import SCHEMA, said_by, there
from tests.moody import Mood, Moody
from workbench.core.errors import StudioError
from workbench.core.span import Span
from workbench.studio.client import Studio
from workbench.studio.importing import import_entries
from workbench.studio.pulling import pull
from workbench.studio.pushing import push

pytestmark = pytest.mark.studio

MOODS = {
    "status 500": Mood(500),
    "status 429": Mood(429),
    "cut before the server hears of it": Mood(0),
    "cut after it is done": Mood(-1),
}
FIRST, SECOND = Span(0, 3, "TARGET"), Span(4, 6, "LOCATION")


@pytest.fixture(params=MOODS)
def far(request: pytest.FixtureRequest, running_studio: RunningStudio) -> Iterator[Studio]:
    """The client at the other end."""
    mood = MOODS[str(request.param)]
    with closing(Moody(running_studio.server.url, lambda number: None if number % 3 else mood)) as line:
        token = str(running_studio.server.administrator.token)
        with Studio(line.url, token, waits=(0.01,)) as client:
            yield client


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.studio.importing.BATCH_TASKS", 4)
    monkeypatch.setattr("workbench.studio.pushing.BATCH", 4)
    monkeypatch.setattr("workbench.studio.client.CHUNK", 4)


def until_done(command: Callable[[], object]) -> int:
    """How often a command failed, each time with a sentence, before it was done."""
    for failures in range(60):
        try:
            command()
        except StudioError as error:
            if "run the same command again" not in str(error) and "does not answer" not in str(error):
                raise
        else:
            return failures
    raise AssertionError("it never came to an end")


def test_import_push_and_pull_come_to_the_same(studio: Studio, far: Studio, title: str, tmp_path: Path) -> None:
    entries = bulletins(10)
    said, other = said_by("m1", FIRST, entries), said_by("m2", SECOND, entries)
    calm = f"{title[:20]} calm"
    try:
        import_entries(studio, said, calm, SCHEMA)
        push(studio, other, calm, SCHEMA)
        pull(studio, calm, tmp_path / "calm.jsonl", unannotated=True)
        expected = there(studio, calm)
    finally:
        studio.delete_project(studio.project(calm))
    failed = Counter[str]()
    failed["import"] = until_done(lambda: import_entries(far, said, title, SCHEMA))
    failed["push"] = until_done(lambda: push(far, other, title, SCHEMA))
    failed["pull"] = until_done(lambda: pull(far, title, tmp_path / "moody.jsonl", unannotated=True))
    found: Counter[Any] = there(studio, title)
    assert (expected - found, found - expected) == (Counter(), Counter())
    assert (tmp_path / "moody.jsonl").read_bytes() == (tmp_path / "calm.jsonl").read_bytes()
    assert failed["import"], "the line was never in a bad mood"
