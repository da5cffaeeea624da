"""Shards on many workers: the same bytes as one process writes, whatever dies or is broken on the way."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from processes import actor_below

from workbench.core.corpus import Document, Entry, load_corpus, read_corpus, write_corpus
from workbench.core.errors import InputError
from workbench.core.workspace import packaged
from workbench.read.paths import read_paths
from workbench.read.report import ReadReport
from workbench.tag.cluster import label_shards
from workbench.tag.model import Model, choose, load_model
from workbench.tag.prelabel import prelabel
from workbench.tag.shards import Done, Job, Shard, find_shards, label_shard

T = TypeVar("T")
STARTER = packaged("models/starter")
TEXTS = [entry.document.text for entry in load_corpus(packaged("annotations/corpus.jsonl"))[:40]]


@pytest.fixture(scope="module")
def starter() -> Model:
    return load_model(STARTER, threads=1)


def job_for(out: Path, *, form: str = "jsonl") -> Job:
    choice = choose(STARTER)
    return Job(str(STARTER), choice.engine, choice.precision, choice.version, str(out), form)


def write_shards(folder: Path, *, shards: int, each: int) -> None:
    for shard in range(shards):
        names = range(shard * each, (shard + 1) * each)
        write_corpus(
            folder / f"part-{shard:03}.jsonl", [Entry(Document(f"d{n}", TEXTS[n % len(TEXTS)])) for n in names]
        )


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_shard_is_labelled_as_one_process_labels_it_and_only_once(starter: Model, tmp_path: Path) -> None:
    write_shards(tmp_path / "in", shards=2, each=6)
    job = job_for(tmp_path / "out")
    shards = find_shards([str(tmp_path / "in")], job, report=ReadReport())
    done = [label_shard(shard, job, starter) for shard in shards]
    assert sorted((each.name, each.documents, each.resumed) for each in done) == [
        ("part-000", 6, 0),
        ("part-001", 6, 0),
    ]
    for name in ("part-000", "part-001"):
        prelabel(
            read_paths([tmp_path / "in" / f"{name}.jsonl"]), model=starter, out=tmp_path / "alone.jsonl", inputs="x"
        )
        assert (tmp_path / "out" / f"{name}.jsonl").read_bytes() == (tmp_path / "alone.jsonl").read_bytes()
    stamp = (tmp_path / "out" / "part-000.jsonl").stat().st_mtime_ns
    assert [label_shard(shard, job, starter).resumed for shard in shards] == [6, 6]
    assert (tmp_path / "out" / "part-000.jsonl").stat().st_mtime_ns == stamp
    write_corpus(tmp_path / "in" / "part-000.jsonl", [Entry(Document("new", TEXTS[0]))])
    changed = next(shard for shard in shards if shard.name == "part-000")
    assert (label_shard(changed, job, starter).documents, label_shard(changed, job, starter).resumed) == (1, 1)


def test_missing_half_written_and_empty_shards_are_named_and_keep_what_they_held(
    starter: Model, tmp_path: Path
) -> None:
    write_shards(tmp_path / "in", shards=1, each=4)
    whole = (tmp_path / "in" / "part-000.jsonl").read_bytes()
    (tmp_path / "in" / "cut.jsonl").write_bytes(whole[: len(whole) * 2 // 3])
    (tmp_path / "in" / "cut.jsonl.gz").write_bytes(b"")
    (tmp_path / "in" / "packed.jsonl.gz").write_bytes(gzip.compress(whole)[:-40])
    (tmp_path / "in" / "cut.jsonl.gz").rename(tmp_path / "in" / "empty.jsonl")
    pq.write_table(pa.table({"id": ["p"], "text": [TEXTS[0]]}), tmp_path / "in" / "table.parquet")
    table = (tmp_path / "in" / "table.parquet").read_bytes()
    (tmp_path / "in" / "table.parquet").write_bytes(table[: len(table) // 2])
    job = job_for(tmp_path / "out")
    shards = find_shards([str(tmp_path / "in")], job, report=ReadReport())
    gone = Shard(str(tmp_path / "in" / "gone.jsonl"), "gone")
    done = {each.name: each for each in (label_shard(shard, job, starter) for shard in [*shards, gone])}
    assert done["part-000"] == Done("part-000", 4, done["part-000"].spans, repaired=done["part-000"].repaired)
    assert (done["cut"].documents, done["cut"].rejected, done["cut"].left_out) == (2, 1, None)
    assert "damaged or no gzip" in (done["packed"].left_out or "")
    assert "damaged or no Parquet" in (done["table"].left_out or "")
    assert "is empty" in (done["empty"].left_out or "")
    assert "is not there" in (done["gone"].left_out or "") + (done["gone"].failed or "")
    assert "part-000.jsonl" in files_in(tmp_path / "out")
    assert "empty.jsonl" not in files_in(tmp_path / "out")
    rejects = (tmp_path / "out.rejects" / "cut.rejects.jsonl").read_text("utf-8")
    assert json.loads(rejects)["where"].endswith("cut.jsonl line 3")


def test_parquet_shards_hold_the_same_bulletins(starter: Model, tmp_path: Path) -> None:
    rows = [
        {"id": "a", "text": TEXTS[0], "published": "2024-05-08", "priority": 3, "tags": ["x", "y"], "note": None},
        {"id": "b", "text": TEXTS[1], "priority": 4, "tags": "x", "note": "read"},
    ]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "s.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for form in ("jsonl", "parquet"):
        job = job_for(tmp_path / form, form=form)
        [shard] = find_shards([str(tmp_path / "in")], job, report=ReadReport())
        assert label_shard(shard, job, starter).documents == 2
    lines, table = list(read_corpus(tmp_path / "jsonl" / "s.jsonl")), list(read_paths([tmp_path / "parquet"]))
    assert lines == table
    assert [span.score for span in lines[0].spans] == [span.score for span in table[0].spans]
    assert table[0].document.fields["priority"] == 3
    assert [entry.document.fields["tags"] for entry in table] == ['["x", "y"]', "x"]
    assert files_in(tmp_path / "parquet") == ["s.parquet"]


def test_two_files_that_would_become_one_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    (tmp_path / "a.csv").write_text("text\nx\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.csv and .*a\.txt would both become a\.jsonl"):
        find_shards([str(tmp_path)], job_for(tmp_path / "out"), report=ReadReport())


def workbench(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workbench", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


def test_a_cluster_that_is_not_there_is_said_within_seconds(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="ray is not installed (pip install 'workbench[ray]')")
    write_shards(tmp_path / "in", shards=1, each=1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for address, says in ((f"127.0.0.1:{port}", "no cluster of Ray answers"), ("ray://x", "expected HOST:PORT")):
        begun = time.monotonic()
        done = workbench("prelabel", "in", "--engine", "ray", "--address", address, "-o", "out", cwd=tmp_path)
        assert done.returncode == 1
        assert says in done.stderr
        assert done.stderr.count("\n") == 1
        assert time.monotonic() - begun < 60


def test_options_of_many_workers_need_ray_and_whole_files(tmp_path: Path) -> None:
    write_shards(tmp_path / "in", shards=1, each=1)
    assert workbench("prelabel", "in", "--workers", "2", "-o", "out", cwd=tmp_path).returncode == 2
    assert workbench("prelabel", "-", "--engine", "ray", "-o", "out", cwd=tmp_path).returncode == 2


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_nothing_is_lost_or_doubled(starter: Model, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="ray is not installed (pip install 'workbench[ray]')")
    write_shards(tmp_path / "in", shards=6, each=40)
    job = job_for(tmp_path / "out")
    killed = []

    def kills_one(items: Iterable[T], *, what: str, total: int | None = None) -> Iterator[T]:
        for item in items:
            if not killed:
                killed.append(actor_below(os.getpid()))
                os.kill(killed[0], signal.SIGKILL)
            yield item

    shards = find_shards([str(tmp_path / "in")], job, report=ReadReport())
    done = label_shards(shards, job, workers=2, progress=kills_one)
    assert killed
    assert [each.name for each in done] == [f"part-{n:03}" for n in range(6)]
    assert [each.documents for each in done] == [40] * 6
    ids = [entry.document.id for entry in read_paths([tmp_path / "out"])]
    assert ids == [f"d{n}" for n in range(240)]
    prelabel(read_paths([tmp_path / "in"]), model=starter, out=tmp_path / "one.jsonl", inputs="x")
    for alone, shared in zip(read_corpus(tmp_path / "one.jsonl"), read_paths([tmp_path / "out"]), strict=True):
        assert alone.spans == shared.spans
    again = label_shards(shards, job, workers=2)
    assert sum(each.resumed for each in again) == 240
