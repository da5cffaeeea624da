"""The short form of `python -m tests.kills` on a real Label Studio; test_kills.py has the jobs of files."""

from pathlib import Path

import pytest
from studio_help import RunningStudio

from tests.kill_help import Place, check
from tests.kill_studio_jobs import Import, Migrate, OnStudio, Pull, Push
from workbench.studio.client import Studio


@pytest.mark.studio
@pytest.mark.parametrize(
    ("job", "part", "delay"), [(Import, 0.5, 0.02), (Pull, 0.7, 0.0), (Push, 0.6, 0.02), (Migrate, 0.7, 0.0)]
)
def test_a_job_of_the_server_killed_and_given_again_comes_to_the_same(
    job: type[OnStudio], part: float, delay: float, studio: Studio, running_studio: RunningStudio, tmp_path: Path
) -> None:
    server = running_studio.server
    environment = {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": str(server.administrator.token)}
    places = [Place(tmp_path / side, f"killed: {job.name} {side}", 0, environment) for side in ("whole", "killed")]
    here = job(studio)
    check(here, places, part=part, delay=delay)
    for place in places:
        here.clear(place)
