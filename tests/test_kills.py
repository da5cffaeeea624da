"""The short form of `python -m tests.kills`: each command of files killed once in the middle of its
writing, and given again. test_kills_live.py has those of the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kill_help import Job, Place, check
from tests.kill_jobs import Assist, Prelabel, Records, Train


@pytest.fixture
def job(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Job]:
    shared = tmp_path / "shared"
    shared.mkdir()
    asking = Assist()
    with asking.answering():
        jobs: dict[str, Job] = {
            "prelabel": Prelabel(), "records": Records(shared), "train": Train(shared), "assist": asking
        }  # fmt: skip
        yield jobs[str(request.param)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("job", "part"), [("prelabel", 0.5), ("assist", 0.6), ("records", 0.6), ("train", 0.55)], indirect=["job"]
)
def test_a_job_of_files_killed_and_given_again_comes_to_the_same(job: Job, part: float, tmp_path: Path) -> None:
    check(job, [Place(tmp_path / side, side, 0, {}) for side in ("once", "killed")], part=part)
