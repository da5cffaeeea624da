"""Versions of corpora: kept once each, never changed, found by name and hash, and no overwriting without one."""

import stat
from datetime import datetime, tzinfo
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.app import workbench
from workbench.core.corpus import Annotation, Document, Entry, load_corpus, write_corpus
from workbench.core.errors import InputError
from workbench.core.snapshots import INDEX, Snapshots, corpus_name, fingerprint, keep_older
from workbench.core.span import Span

TEXT = "Six men were killed in Quetta."


def entries(*labels: str, origin: str = "human") -> list[Entry]:
    return [
        Entry(Document(f"b-{i}", f"{i} {TEXT}"), Annotation((Span(2, 5, label),), origin=origin))
        for i, label in enumerate(labels)
    ]


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "annotations" / "snapshots")


def written(path: Path, *labels: str, origin: str = "human") -> Path:
    write_corpus(path, entries(*labels, origin=origin))
    return path


def test_a_content_is_kept_once_and_cannot_be_written_to(tmp_path: Path, snapshots: Snapshots) -> None:
    gold = written(tmp_path / "gold.jsonl", "A", "B")
    first, new = snapshots.keep(gold, why="pull")
    assert new
    assert (first.corpus, first.rows, first.labelled, first.spans, first.why) == ("gold", 2, 2, 2, "pull")
    assert first.fingerprint == fingerprint(load_corpus(gold))
    assert snapshots.path(first).read_bytes() == gold.read_bytes()
    assert stat.S_IMODE(snapshots.path(first).stat().st_mode) == 0o444
    # The same content in another order is the same version.
    write_corpus(gold, reversed(entries("A", "B")))
    assert snapshots.keep(gold, why="pull") == (first, False)
    second, new = snapshots.keep(written(gold, "A", "C"), why="pull")
    assert new
    assert snapshots.of("gold") == snapshots.all() == [first, second]


def test_names_and_hashes_find_a_version(tmp_path: Path, snapshots: Snapshots) -> None:
    gold = tmp_path / "gold.jsonl"
    old, _ = snapshots.keep(written(gold, "A"), why="pull")
    new, _ = snapshots.keep(written(gold, "B"), why="pull")
    other, _ = snapshots.keep(written(tmp_path / "gold.anna.jsonl", "A"), why="pull")
    assert [snapshots.find(name) for name in ("gold", "gold~0", "gold~1")] == [new, new, old]
    assert snapshots.find("gold.anna") == other
    assert [snapshots.find(name) for name in (new.fingerprint[:6], new.sha256[:8], new.name)] == [new, new, new]
    # One content under two names is one content.
    found = snapshots.find(old.fingerprint)
    assert found is not None
    assert found.fingerprint == old.fingerprint
    assert snapshots.find("nothing") is None
    with pytest.raises(InputError, match="further back than the 2 snapshots of gold"):
        snapshots.find("gold~2")


def test_a_kill_between_file_and_index_is_mended_by_the_next_keep(tmp_path: Path, snapshots: Snapshots) -> None:
    gold = written(tmp_path / "gold.jsonl", "A")
    first, _ = snapshots.keep(gold, why="pull")
    index = snapshots.folder / "gold" / INDEX
    index.write_bytes(index.read_bytes()[:40])
    assert snapshots.of("gold") == []
    again, new = snapshots.keep(gold, why="pull")
    assert new
    assert again.name == first.name
    assert [path.name for path in (snapshots.folder / "gold").glob("*-*.jsonl")] == [f"{first.name[5:]}.jsonl"]
    assert snapshots.of("gold") == [again]


def test_a_lost_file_is_made_again_and_its_row_tells_the_new_bytes(tmp_path: Path, snapshots: Snapshots) -> None:
    gold = written(tmp_path / "gold.jsonl", "A", "B")
    first, _ = snapshots.keep(gold, why="pull")
    snapshots.path(first).unlink()
    write_corpus(gold, reversed(entries("A", "B")))
    again, new = snapshots.keep(gold, why="pull")
    assert new
    assert again.sha256 != first.sha256
    assert snapshots.of("gold") == [again]


def test_only_what_people_or_language_models_annotated_is_kept_before_overwriting(
    tmp_path: Path, snapshots: Snapshots
) -> None:
    assert keep_older(tmp_path / "none.jsonl", snapshots, why="x") is None
    assert keep_older(written(tmp_path / "model.jsonl", "A", origin="model"), snapshots, why="x") is None
    bare = tmp_path / "bare.jsonl"
    write_corpus(bare, [Entry(Document("b", TEXT))])
    assert keep_older(bare, snapshots, why="x") is None
    kept = keep_older(written(tmp_path / "llm.jsonl", "A", origin="llm"), snapshots, why="x")
    assert kept is not None
    human = written(tmp_path / "human.jsonl", "A")
    assert keep_older(human, snapshots, why="x") is not None
    assert keep_older(human, snapshots, why="x") is None


def test_what_is_no_corpus_is_not_overwritten(tmp_path: Path, snapshots: Snapshots) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("buy milk\n", encoding="utf-8")
    with pytest.raises(InputError, match="move it away, or write to another file"):
        keep_older(notes, snapshots, why="x")


@pytest.mark.parametrize(
    ("file", "name"),
    [("gold.jsonl", "gold"), ("gold.anna.jsonl.gz", "gold.anna"), ("../a b.jsonl", "a-b"), ("...jsonl", "corpus")],
)
def test_a_name_can_be_a_folder_and_leads_nowhere_else(file: str, name: str) -> None:
    assert corpus_name(Path(file)) == name


def test_diff_and_restore_take_snapshots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    gold = written(tmp_path / "gold.jsonl", "A", "B")
    assert run(workbench, ["snapshots", "keep", "gold.jsonl"]).exit_code == 0
    before = gold.read_bytes()
    written(gold, "A", "C")
    assert run(workbench, ["snapshots", "keep", "gold.jsonl"]).exit_code == 0
    shown = run(workbench, ["diff", "gold~1", "gold"]).stdout
    assert "1 bulletins changed: 1 spans relabelled" in shown
    listed = run(workbench, ["snapshots", "list", "gold"]).stdout
    assert listed.count("gold/") == 2
    written(gold, "D", "D")
    done = run(workbench, ["snapshots", "restore", "gold~1", "-o", "gold.jsonl"])
    assert done.exit_code == 0, done.output
    assert "the older gold.jsonl is kept as gold/" in done.stderr
    assert gold.read_bytes() == before
    from workbench.core.workspace import Workspace

    assert len(Workspace(tmp_path).snapshots.of("gold")) == 3


def test_a_clock_that_jumps_back_does_not_change_which_version_is_the_newest(
    tmp_path: Path, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    for year, label in ((2026, "A"), (1999, "B"), (2040, "C"), (2001, "D")):

        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None, year: int = year) -> "Clock":
                return cls(year, 5, 8, tzinfo=tz)

        monkeypatch.setattr("workbench.core.snapshots.datetime", Clock)
        kept.append(snapshots.keep(written(tmp_path / "gold.jsonl", label), why="pull")[0])
    assert [each.made[:4] for each in snapshots.of("gold")] == ["2026", "1999", "2040", "2001"]
    assert [snapshots.find(name) for name in ("gold", "gold~1", "gold~3")] == [kept[3], kept[2], kept[0]]
