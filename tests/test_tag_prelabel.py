"""Bulk pre-labelling with the starter model: nothing lost, nothing doubled, the same bytes after a stop."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.core.corpus import Document, Entry, load_corpus, write_corpus
from workbench.core.errors import InputError, ModelError
from workbench.core.workspace import Workspace, packaged
from workbench.tag import prelabel as module
from workbench.tag.find import find_model, set_current
from workbench.tag.model import Model, load_model
from workbench.tag.prelabel import predict, prelabel

CORPUS = load_corpus(packaged("annotations/corpus.jsonl"))
AWKWARD = [
    "",
    " \n\t ",
    "😀😀🏴‍☠️",
    "\x00\x07 control",
    "Lone \ud800 surrogate in Kabul",
    "٣٤ قتيلا في كابول",
    "Six\u00a0people were killed — “at least”, he said.",
]


@pytest.fixture(scope="module")
def starter() -> Model:
    return load_model(packaged("models/starter"), threads=1)


def entries(count: int) -> list[Entry]:
    texts = [*AWKWARD, *(entry.document.text for entry in CORPUS)]
    return [Entry(Document(f"d{n}", texts[n % len(texts)])) for n in range(count)]


def test_every_document_comes_out_once_in_order_with_spans_that_fit(starter: Model, tmp_path: Path) -> None:
    given = entries(40)
    report = prelabel(given, model=starter, out=tmp_path / "out.jsonl", inputs="x")
    found = load_corpus(tmp_path / "out.jsonl")
    assert [entry.document.id for entry in found] == [entry.document.id for entry in given]
    assert [entry.document.text for entry in found] == [entry.document.text for entry in given]
    assert report.documents == 40
    assert report.spans == sum(len(entry.spans) for entry in found) > 100
    for entry in found:
        assert entry.annotation is not None
        assert entry.annotation.origin == "model"
        assert entry.annotation.model_version == starter.version
        for span in entry.spans:
            assert entry.surface(span) == entry.surface(span).strip() != ""
            assert span.score is not None
    assert not list(tmp_path.glob(".*"))


def test_labels_that_a_bulletin_came_with_never_reach_the_model(starter: Model, tmp_path: Path) -> None:
    bare = [Entry(entry.document) for entry in CORPUS[:20]]
    for name, given in (("bare", bare), ("labelled", CORPUS[:20])):
        prelabel(given, model=starter, out=tmp_path / f"{name}.jsonl", inputs="x")
    assert (tmp_path / "bare.jsonl").read_bytes() == (tmp_path / "labelled.jsonl").read_bytes()


@pytest.mark.slow
def test_a_stopped_run_goes_on_and_gives_the_same_bytes(
    starter: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 8)
    given = entries(30)
    prelabel(given, model=starter, out=tmp_path / "whole.jsonl", inputs="x")

    def stops_after(count: int) -> object:
        yield from given[:count]
        raise KeyboardInterrupt

    out = tmp_path / "stopped.jsonl"
    with pytest.raises(KeyboardInterrupt):
        prelabel(stops_after(21), model=starter, out=out, inputs="x")  # type: ignore[arg-type]
    part = tmp_path / ".stopped.jsonl.part"
    with part.open("ab") as file:
        file.write(b'{"id": "half a li')  # what a kill leaves behind
    assert not out.exists()
    report = prelabel(given, model=starter, out=out, inputs="x")
    assert report.resumed == 16
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_other_inputs_start_anew(starter: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 4)
    out = tmp_path / "out.jsonl"

    def stops() -> object:
        yield from entries(9)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prelabel(stops(), model=starter, out=out, inputs="old")  # type: ignore[arg-type]
    assert prelabel(entries(5), model=starter, out=out, inputs="new").resumed == 0


@pytest.mark.slow
def test_a_killed_command_is_taken_up_by_the_same_command(tmp_path: Path) -> None:
    many = [Entry(Document(f"d{n}", CORPUS[n % len(CORPUS)].document.text)) for n in range(600)]
    write_corpus(tmp_path / "new.jsonl", many)

    def command(out: str) -> list[str]:
        return [sys.executable, "-m", "workbench", "prelabel", "new.jsonl", "-o", out, "--json"]

    process = subprocess.Popen(command("killed.jsonl"), cwd=tmp_path, stdout=subprocess.DEVNULL)
    part = tmp_path / ".killed.jsonl.part"
    while not (part.exists() and part.read_bytes().count(b"\n") >= module.CHUNK):
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = subprocess.run(command("killed.jsonl"), cwd=tmp_path, capture_output=True, text=True)
    answer = json.loads(done.stdout)
    assert answer["documents"] == 600
    assert 0 < answer["resumed"] < 600
    assert subprocess.run(command("whole.jsonl"), cwd=tmp_path, stdout=subprocess.DEVNULL).returncode == 0
    assert (tmp_path / "killed.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_long_bulletin_is_labelled_to_its_end(starter: Model) -> None:
    text = "\n".join(entry.document.text for entry in CORPUS[:30])
    said = predict(starter, [Document("long", text)])[0]
    assert len(text.split()) > 1500
    covered = {span.end * 10 // len(text) for span in said.spans}
    assert covered >= set(range(10))


def test_a_place_that_cannot_be_written_is_said(starter: Model, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="could not be written"):
        prelabel(entries(2), model=starter, out=tmp_path / "file" / "out.jsonl", inputs="x")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="limits are POSIX")
def test_a_full_disk_stops_with_a_sentence_and_the_run_goes_on_later(tmp_path: Path) -> None:
    import resource

    write_corpus(tmp_path / "new.jsonl", [entry for entry in entries(608) if entry.document.text.strip()][:600])
    command = [sys.executable, "-m", "workbench", "prelabel", "new.jsonl", "-o", "out.jsonl"]

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, 900_000))

    full = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, preexec_fn=no_room)
    assert full.returncode == 1
    assert full.stderr.startswith("workbench: out.jsonl could not be written")
    assert not (tmp_path / "out.jsonl").exists()
    done = subprocess.run([*command, "--json"], cwd=tmp_path, capture_output=True, text=True)
    answer = json.loads(done.stdout)
    assert (answer["documents"], answer["resumed"]) == (600, 256)


def test_the_model_in_force_is_the_named_then_the_accepted_then_the_starter(tmp_path: Path) -> None:
    here = Workspace(tmp_path)
    assert find_model(None, here) == packaged("models/starter")
    own = tmp_path / "models" / "own"
    own.mkdir(parents=True)
    (own / "workbench.json").write_text("{}", encoding="utf-8")
    set_current(own, here)
    assert find_model(None, here) == own
    assert find_model("own", here) == own
    assert find_model(tmp_path / "other", here) == tmp_path / "other"
    with pytest.raises(ModelError, match="no model folder"):
        load_model(tmp_path / "other")
