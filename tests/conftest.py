"""What several test files share. Servers are real, started once a session, in folders of the tests' own."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser_help import chromium
from hypothesis import settings
from studio_help import SIDE_BY_SIDE, RunningStudio
from train_help import make_small_encoder

from workbench.core.workspace import Workspace

if TYPE_CHECKING:
    from workbench.studio.client import Studio

# Two processes on two cores: each gets one for its matrix products. Set before torch is imported.
if SIDE_BY_SIDE:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is no failure: what is slow is measured elsewhere, not by a deadline per example.
settings.register_profile("workbench", deadline=None)
settings.load_profile("workbench")


@cache
def on_server(path: Path) -> bool:
    """Whether tests of that file need a Label Studio. Told by its text: who hands the tests out collects none."""
    return "pytest.mark.studio" in path.read_text(encoding="utf-8")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those on the server take longest, and are begun first."""
    items.sort(key=lambda item: not on_server(item.path))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One process gets all files on the server, so that there is one server; the others are handed out one by one."""
    from xdist.scheduler import LoadFileScheduling

    class OneServer(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            return "studio" if on_server(config.rootpath / file) else file

    return OneServer(config, log)


@pytest.fixture(autouse=True)
def _no_studio_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test ever reaches the server or the workspace of the person who runs the tests."""
    names = ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY", "WORKBENCH_HOME")
    for name in (*names, "WORKBENCH_LLM_URL", "WORKBENCH_LLM_KEY", "WORKBENCH_LLM_MODEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def running_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """The embedded server, started as a user starts it; its first boot takes about a minute."""
    pytest.importorskip("label_studio_sdk", reason="the client of Label Studio is not installed")
    from importlib.util import find_spec

    if find_spec("label_studio") is None:
        pytest.skip("Label Studio itself is not installed (pip install 'workbench[server]')")
    from workbench.studio.server import start, stop

    for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY", "WORKBENCH_HOME"):
        os.environ.pop(name, None)
    workspace = Workspace(tmp_path_factory.mktemp("studio-workspace"))
    server = start(workspace, port=20000 + os.getpid() % 20000, lower_priority=not SIDE_BY_SIDE)
    try:
        yield RunningStudio(workspace, server)
    finally:
        stop(workspace)


@pytest.fixture
def studio(running_studio: RunningStudio) -> "Iterator[Studio]":
    """The administrator's client of that server."""
    from workbench.studio.connect import connect

    with connect(running_studio.workspace) as client:
        yield client


@pytest.fixture
def title(request: pytest.FixtureRequest, studio: "Studio") -> Iterator[str]:
    """The title of a project of this test's own; it and its adjudication are deleted afterwards."""
    from workbench.studio.adjudicating import name_of

    name = request.node.name.removeprefix("test_")[:30]
    yield name
    for each in (name, name_of(name)):
        if (project := studio.find_project(each)) is not None:
            studio.delete_project(project)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium without a window."""
    yield from chromium()


@pytest.fixture(scope="session")
def small_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder that trains in a second and learns next to nothing: for the mechanics alone."""
    pytest.importorskip(
        "transformers", reason="the training libraries are not installed (pip install 'workbench[train]')"
    )
    return make_small_encoder(tmp_path_factory.mktemp("encoder"))
