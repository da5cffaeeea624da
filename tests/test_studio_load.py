"""The steps that `measure_load project` times on 50,000 tasks, here on a few: each answers what it has to."""

import pytest
from load_project import Steps, run
from studio_help import RunningStudio

pytestmark = pytest.mark.studio


def test_every_step_of_a_large_project_adds_up(running_studio: RunningStudio, title: str) -> None:
    steps = Steps(running_studio.workspace, running_studio.server, title)
    entries = run(steps, tasks=40, few=5)
    assert steps.wrong == []
    assert [row["step"] for row in steps.rows][:4] == ["import", "import again", "push 5", "push 5 again"]
    assert len(steps.rows) == 10
    assert len(entries) == 40
