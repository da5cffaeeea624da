"""The stream of bulk pre-labelling: what is rejected, what survives a failure, and that torch is never imported."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core.corpus import Document, Entry, load_corpus
from workbench.core.errors import CorpusError, InputError
from workbench.core.workspace import packaged
from workbench.read.paths import read_paths
from workbench.tag import prelabel as module
from workbench.tag.model import Model, load_model
from workbench.tag.partfile import PartFile
from workbench.tag.prelabel import prelabel
from workbench.tag.rejects import Rejects

TEXTS = [entry.document.text for entry in load_corpus(packaged("annotations/corpus.jsonl"))[:12]]


@pytest.fixture(scope="module")
def starter() -> Model:
    return load_model(packaged("models/starter"), threads=1)


def write_rows(path: Path, count: int, *, broken: dict[int, str] | None = None) -> None:
    rows = [json.dumps({"id": f"d{n}", "text": TEXTS[n % len(TEXTS)][:300]}) for n in range(count)]
    for place, line in (broken or {}).items():
        rows[place] = line
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def workbench(*arguments: str, cwd: Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench", *arguments], cwd=cwd, input=given, capture_output=True, text=True
    )


def test_rows_that_cannot_be_read_are_kept_aside_and_the_run_goes_on(tmp_path: Path) -> None:
    broken = {
        1: '{"id": "half',
        3: '{"id": "no-text"}',
        4: '{"id": "blank", "text": " \\n"}',
        6: '{"id": "d0", "text": "x"}',
    }
    write_rows(tmp_path / "in.jsonl", 8, broken=broken)
    done = workbench("prelabel", "in.jsonl", "-o", "out.jsonl", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["documents"], answer["rejected"]) == (4, 4)
    assert [entry.document.id for entry in load_corpus(tmp_path / "out.jsonl")] == ["d0", "d2", "d5", "d7"]
    rejects = [json.loads(line) for line in (tmp_path / "out.jsonl.rejects.jsonl").read_text("utf-8").splitlines()]
    assert [row["where"] for row in rejects] == [f"in.jsonl line {n}" for n in (2, 4, 5, 7)]
    assert "not JSON" in rejects[0]["reason"]
    assert "text" in rejects[1]["reason"]
    assert rejects[2]["reason"] == "the text is blank"
    assert rejects[2]["row"]["id"] == "blank"
    assert "'d0'" in rejects[3]["reason"]
    assert "4 could not be labelled" in done.stderr


def test_standard_input_and_a_limit(tmp_path: Path) -> None:
    given = "".join(json.dumps({"id": f"s{n}", "text": TEXTS[n][:200]}) + "\n" for n in range(4))
    done = workbench("prelabel", "-", "-o", "out.jsonl", "--limit", "3", "--json", cwd=tmp_path, given=given)
    assert done.returncode == 0, done.stderr
    assert [entry.document.id for entry in load_corpus(tmp_path / "out.jsonl")] == ["s0", "s1", "s2"]
    assert not (tmp_path / "out.jsonl.rejects.jsonl").exists()


def test_nothing_but_rejects_fails_and_says_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": 1}\n', encoding="utf-8")
    done = workbench("prelabel", "in.jsonl", "-o", "out.jsonl", cwd=tmp_path)
    assert done.returncode == 1
    assert "no bulletin could be labelled" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_half_written_shard_of_a_folder_is_named_and_the_others_are_labelled(starter: Model, tmp_path: Path) -> None:
    shards = tmp_path / "shards"
    shards.mkdir()
    write_rows(tmp_path / "a.jsonl", 3)
    packed = gzip.compress((tmp_path / "a.jsonl").read_bytes())
    (shards / "1.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (shards / "2.jsonl").write_bytes((tmp_path / "a.jsonl").read_bytes())
    rejects = Rejects(tmp_path / "out.jsonl")
    entries = read_paths([shards], reject=rejects.add)
    report = prelabel(entries, model=starter, out=tmp_path / "out.jsonl", inputs="x", reject=rejects.add)
    rejects.finish()
    assert report.documents == 3
    assert rejects.count == 1
    assert json.loads(rejects.path.read_text("utf-8"))["where"].endswith("1.jsonl.gz")


def test_a_bulletin_of_fifty_megabytes_is_rejected_by_its_size(starter: Model, tmp_path: Path) -> None:
    rejects = Rejects(tmp_path / "out.jsonl")
    given = [
        Entry(Document("a", TEXTS[0])),
        Entry(Document("huge", "word " * 10_000_000)),
        Entry(Document("b", TEXTS[1])),
    ]
    report = prelabel(given, model=starter, out=tmp_path / "out.jsonl", inputs="x", reject=rejects.add)
    rejects.finish()
    assert report.documents == 2
    row = json.loads(rejects.path.read_text("utf-8"))
    assert row["where"] == "bulletin huge"
    assert row["reason"].startswith("the text has 50,000,000 characters; expected at most 1,000,000")
    with pytest.raises(InputError, match="bulletin huge"):
        prelabel(given, model=starter, out=tmp_path / "other.jsonl", inputs="x")


def test_what_came_before_a_failure_is_labelled_and_kept(
    starter: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 4)
    write_rows(tmp_path / "in.jsonl", 11, broken={9: "broken"})
    with pytest.raises(CorpusError, match="line 10"):
        prelabel(read_paths([tmp_path / "in.jsonl"]), model=starter, out=tmp_path / "out.jsonl", inputs="x")
    assert not (tmp_path / "out.jsonl").exists()
    assert len((tmp_path / ".out.jsonl.part").read_bytes().splitlines()) == 8


def test_a_full_disk_is_a_sentence_and_keeps_what_was_done(
    starter: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 4)
    written = PartFile.append

    def full_after_one(self: PartFile, lines: object, *, spans: int) -> None:
        if self.rows:
            raise OSError(28, "No space left on device")
        written(self, lines, spans=spans)  # type: ignore[arg-type]

    given = [Entry(Document(f"d{n}", TEXTS[n])) for n in range(10)]
    out = tmp_path / "out.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(PartFile, "append", full_after_one)
        with pytest.raises(InputError, match="No space left on device"):
            prelabel(given, model=starter, out=out, inputs="x")
    report = prelabel(given, model=starter, out=out, inputs="x")
    assert report.resumed == 4
    prelabel(given, model=starter, out=tmp_path / "whole.jsonl", inputs="x")
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_journal_line_that_was_cut_or_runs_ahead_of_the_file_is_not_believed(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with PartFile(out, run="r") as part:
        part.append(["a", "b"], spans=3)
    with (tmp_path / ".out.jsonl.part.json").open("a", encoding="utf-8") as journal:
        journal.write("[4, 9, 400]\n[6, 1")
    with PartFile(out, run="r") as part:
        assert (part.rows, part.spans, part.resumed) == (2, 3, 2)
        part.append(["c"], spans=0)
        part.finish()
    assert out.read_text("utf-8") == "a\nb\nc\n"
    with PartFile(out, run="r") as part:
        assert part.resumed == 0


def test_pre_labelling_needs_no_torch(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.jsonl", 2)
    program = (
        "import sys; sys.modules['torch'] = sys.modules['transformers'] = None\n"
        "from workbench.cli.app import main\n"
        "main(['prelabel', 'in.jsonl', '-o', 'out.jsonl'])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(load_corpus(tmp_path / "out.jsonl")) == 2
