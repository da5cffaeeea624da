"""What `workbench verify` finds, each damage on a workspace in which all was well before."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.app import workbench
from workbench.core.corpus import Annotation, Document, Entry, write_corpus
from workbench.core.relabelling import relabelling
from workbench.core.span import Span
from workbench.core.text import text_hash
from workbench.core.workspace import Workspace, packaged
from workbench.keep.journal import BEGUN
from workbench.keep.migrate import last, migrate, wanted
from workbench.keep.verify import verify
from workbench.tag.find import set_current
from workbench.tag.partfile import PartFile

TEXT = "😀 Six men were killed in Quetta."
ROW = {"id": "b", "text": TEXT, "spans": [[2, 5, "FIGURE_KILLED"], [15, 21, "EVENT_ATTACK"]]}


def record(start: int = 2, phrase: str = "Six", text: str = TEXT) -> str:
    claim = {"document_id": "b", "document_hash": text_hash(text), "start": start, "end": start + 3, "phrase": phrase}
    trigger = {"start": 15, "end": 21, "text": "killed"}
    incident = {"document_id": "b", "document_hash": text_hash(text), "triggers": [trigger]}
    return json.dumps({"event_id": "e1", "claims": [claim], "incidents": [incident]}) + "\n"


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    """A workspace with everything in it."""
    here = Workspace(tmp_path)
    here.annotations.mkdir()
    gold = here.annotations / "gold.jsonl"
    write_corpus(gold, [Entry(Document("b", TEXT), Annotation((Span(2, 5, "FIGURE_KILLED"), Span(15, 21, "WEAPON"))))])
    here.snapshots.keep(gold, why="pull")
    migrate(here, wanted(here, relabelling(renames={"WEAPON": "MEANS"})), None)
    (tmp_path / "records.jsonl").write_text(record() + record(text="Never seen."), encoding="utf-8")
    shutil.copytree(packaged("models/starter"), here.models / "first")
    set_current(here.models / "first", here)
    with PartFile(tmp_path / "new.jsonl", run="{}") as part:
        part.append([json.dumps(ROW)], spans=2)
    with sqlite3.connect(here.state / "some.sqlite3") as base:
        base.execute("create table t (x)")
        base.executemany("insert into t values (?)", [("x" * 4000,) for _ in range(50)])
    base.close()
    (tmp_path / "notes.txt").write_text("buy milk", encoding="utf-8")
    return here


def test_a_sound_workspace_has_no_flaw_and_says_what_was_looked_at(here: Workspace) -> None:
    found = verify(here)
    assert found.flaws == []
    assert dict(+found.counts) == {
        "corpora": 1, "bulletins": 1, "spans": 2, "snapshots": 2, "stopped_runs": 1, "models": 1, "model_files": 2,
        "records": 1, "claims": 2, "claims_without_bulletin": 2, "databases": 1, "migrations": 1, "other_files": 2,
    }  # fmt: skip


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.chmod(0o644)
    path.write_text(text.replace(old, new), encoding="utf-8")


def cut(path: Path, keep: int) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:keep])


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def newest(here: Workspace) -> Path:
    return here.snapshots.path(here.snapshots.of("gold")[-1])


DAMAGES: dict[str, tuple[Callable[[Workspace], object], str, str]] = {
    "a span ends beyond": (
        lambda w: rewrite(w.annotations / "gold.jsonl", '"end": 21', '"end": 99'),
        "gold.jsonl line 1", "ends beyond the text",
    ),
    "a row is cut": (lambda w: cut(w.annotations / "gold.jsonl", 60), "gold.jsonl line 1", "not JSON"),
    "an id twice": (
        lambda w: (w.annotations / "gold.jsonl").write_text(2 * (json.dumps(ROW) + "\n"), encoding="utf-8"),
        "gold.jsonl line 2", "is that of line 1",
    ),
    "a snapshot was edited": (lambda w: rewrite(newest(w), "MEANS", "OTHER"), "snapshots/gold/", "its hash differs"),
    "a snapshot is lost": (lambda w: newest(w).unlink(), "snapshots/gold/", "it is not there"),
    "a snapshot of nobody": (
        lambda w: (w.snapshots.folder / "gold" / "2024-01-01-0123456789abcdef.jsonl").write_text("{}"),
        "2024-01-01", "the index does not know it",
    ),
    "a model file changed": (lambda w: spoil(w.models / "first" / "model.onnx"), "model.onnx", "its hash differs"),
    "a model file is lost": (
        lambda w: (w.models / "first" / "tokenizer.json").unlink(), "tokenizer.json", "cannot be read",
    ),
    "a manifest is broken": (lambda w: cut(w.models / "first" / "workbench.json", 50), "models/first", "is damaged"),
    "the current model went": (lambda w: shutil.rmtree(w.models / "first"), "models/first", "is not there"),
    "a record is shifted": (
        lambda w: (w.root / "records.jsonl").write_text(record(start=3), encoding="utf-8"),
        "records.jsonl line 1", "as 'Six', but they are 'ix '",
    ),
    "a record is broken": (lambda w: rewrite(w.root / "records.jsonl", '"phrase"', '"word"'), "line 1", "no record"),
    "a file was never finished": (
        lambda w: (w.root / ".out.jsonl.half").write_text("{", encoding="utf-8"), ".out.jsonl.half", "was killed",
    ),
    "a stopped run is shorter": (lambda w: cut(w.root / ".new.jsonl.part", 20), ".new.jsonl.part", "are not there"),
    "a journal is lost": (
        lambda w: (w.root / ".new.jsonl.part.json").unlink(), ".new.jsonl.part", "cannot be taken up",
    ),
    "a database is damaged": (lambda w: cut(w.state / "some.sqlite3", 9000), "some.sqlite3", "malformed"),
    "the history is damaged": (
        lambda w: (w.state / "history.sqlite3").write_bytes(b"no database" * 99), "history.sqlite3", "",
    ),
    "a migration was stopped": (lambda w: last(w).mark(BEGUN), "migrations/0001", "stopped before its end"),
    "a copy for the undo changed": (
        lambda w: cut(last(w).folder / "before" / "0", 3) if (last(w).folder / "before" / "0").exists()
        else cut(last(w).folder / "after" / "0", 3),
        "migrations/0001", "no longer annotations/",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_is_found_and_named(here: Workspace, damage: str) -> None:
    do, where, what = DAMAGES[damage]
    do(here)
    flaws = verify(here).flaws
    assert any(where in flaw.where and what in flaw.what for flaw in flaws), flaws
    assert all(flaw.remedy for flaw in flaws)


def test_the_command_lists_flaws_and_exits_1(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here.root)
    sound = CliRunner().invoke(workbench, ["verify"])
    assert sound.exit_code == 0, sound.output
    assert sound.stdout.startswith("everything is as it was written\n")
    spoil(here.models / "first" / "model.onnx")
    done = CliRunner().invoke(workbench, ["verify", "--json"])
    assert done.exit_code == 1
    value = json.loads(done.stdout)
    assert [Path(flaw["where"]).name for flaw in value["flaws"]] == ["model.onnx"]
    assert value["spans"] == 2
