"""The short form of `python -m tests.kills`: each command killed once in the middle of its writing, and given again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from studio_help import RunningStudio

from tests.kill_help import DURING, Job, Kill, Place, killed_and_again, undisturbed
from tests.kill_jobs import Assist, Prelabel, Records, Train
from tests.kill_studio_jobs import Import, Migrate, OnStudio, Pull, Push
from workbench.studio.client import Studio


def check(job: Job, folder: Path, environment: dict[str, str], *, part: float, delay: float = 0.0) -> None:
    """Kills the job at a write of the undisturbed run, `part` of the way, and compares."""
    places = [Place(folder / name, f"killed: {job.name} {name}", 0, environment) for name in ("whole", "killed")]
    for place in places:
        place.folder.mkdir()
    whole, expected = undisturbed(job, places[0])
    kill = Kill(at=max(2, round(whole.writes * part)), delay=delay)
    told = killed_and_again(job, places[1], kill, whole=whole, expected=[expected])
    assert told.equal, (told.lost, told.doubled, told.said)
    assert told.phase == DURING
    if isinstance(job, OnStudio):
        for place in places:
            job.clear(place)


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
    check(job, tmp_path, {}, part=part)


@pytest.mark.studio
@pytest.mark.parametrize(
    ("job", "part", "delay"), [(Import, 0.5, 0.02), (Pull, 0.7, 0.0), (Push, 0.6, 0.02), (Migrate, 0.7, 0.0)]
)
def test_a_job_of_the_server_killed_and_given_again_comes_to_the_same(
    job: type[OnStudio], part: float, delay: float, studio: Studio, running_studio: RunningStudio, tmp_path: Path
) -> None:
    server = running_studio.server
    environment = {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": str(server.administrator.token)}
    check(job(studio), tmp_path, environment, part=part, delay=delay)
