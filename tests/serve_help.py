"""What the tests of the backend share: a real backend in a process of its own, and a client that has its password."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from workbench.core.corpus import Document, Entry, load_corpus
from workbench.core.workspace import Workspace, packaged
from workbench.serve.credentials import make_credentials
from workbench.serve.home import Home
from workbench.studio.client import Studio
from workbench.studio.importing import import_entries
from workbench.studio.process import free_port
from workbench.studio.project import Project

CONFIG = """<View><Labels name="label" toName="text"><Label value="EVENT_ATTACK"/><Label value="EVENT_EXPLOSION"/>
<Label value="FIGURE_KILLED"/><Label value="TARGET"/><Label value="LOCATION"/><Label value="DATE"/></Labels>
<Text name="text" value="$text"/></View>"""
TEXT = "A bomb blast killed six people in Quetta on Friday."


@dataclass(frozen=True)
class Served:
    """A backend that runs: its process, its address, where its log goes."""

    process: "subprocess.Popen[str]"
    url: str
    log: Path
    workspace: Workspace

    @property
    def client(self) -> httpx.Client:
        """A client with the backend's credentials."""
        credentials = make_credentials(Home.of(self.workspace).credentials)
        auth = (credentials.user, credentials.password)
        return httpx.Client(base_url=self.url, auth=auth, timeout=60, trust_env=False)

    def events(self) -> list[dict[str, Any]]:
        """What it logged so far."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]


@contextmanager
def serving(workspace: Workspace, *options: str, port: int | None = None) -> Iterator[Served]:
    """`workbench serve` as a user starts it, with the starter model: another test may have trained one meanwhile."""
    port = port or free_port(21000 + os.getpid() % 20000)
    log = workspace.root / f"serve-{port}.log"
    environment = os.environ | {"WORKBENCH_HOME": str(workspace.root)}
    command = [sys.executable, "-m", "workbench", "serve", "--port", str(port), "--json"]
    command += ["--model", str(packaged("models/starter")), *options]
    with open(log, "w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command, env=environment, cwd=workspace.root, stdout=subprocess.DEVNULL, stderr=errors, text=True
        )
    served = Served(process, f"http://127.0.0.1:{port}", log, workspace)
    try:
        wait_for(lambda: process.poll() is not None or alive(served.url), seconds=60)
        assert process.poll() is None, log.read_text(encoding="utf-8")
        yield served
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=40)


def alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=1, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def wait_for(what: Any, *, seconds: float = 30, every: float = 0.1) -> Any:
    """The first true value of the call. Fails after that many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(every)
    raise AssertionError(f"nothing happened within {seconds} s")


def asking(texts: Sequence[str], *, config: str = CONFIG, project: str = "7.1715170000", **more: Any) -> dict[str, Any]:
    """The body of a request for predictions, as Label Studio sends it."""
    tasks = [
        {"id": number, "data": {"text": text}, "annotations": [], "project": 7} for number, text in enumerate(texts, 1)
    ]
    return {"tasks": tasks, "project": project, "label_config": config, "params": {"context": None}} | more


def documents(count: int) -> list[Document]:
    """Different bulletins, made of the eight that come along."""
    texts = [entry.document for entry in load_corpus(packaged("annotations/new.jsonl"))]
    return [replace(texts[i % 8], id=f"b-{i}", text=f"{texts[i % 8].text}\nBulletin {i}.") for i in range(count)]


def project_of(studio: Studio, title: str, count: int = 3) -> Project:
    """A project of so many tasks without predictions."""
    import_entries(studio, map(Entry, documents(count)), title, Workspace(Path("/nowhere")).schema())
    return studio.project(title)


def training(served: Served) -> dict[str, Any]:
    """What the backend says of itself."""
    with served.client as client:
        found: dict[str, Any] = client.get("/status").json()
    return found


def newest(served: Served) -> dict[str, Any]:
    """The training run that was begun last."""
    return dict(training(served)["training"]["runs"][0])


def ended(served: Served) -> dict[str, Any]:
    """The newest run, once none is under way."""
    wait_for(lambda: training(served)["training"]["under_way"] is None, seconds=400, every=0.5)
    return newest(served)
