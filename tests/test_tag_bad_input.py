"""What bulk pre-labelling is given by mistake: one sentence, exit status 1, and nothing lost.

Also: broken rows, blank texts, 50 MB and full disks in test_tag_stream and test_tag_prelabel; damaged models and
engines that cannot run in test_tag_engines; shards and clusters in test_tag_cluster.
"""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.corpus import load_corpus
from workbench.core.workspace import packaged
from workbench.read.report import ReadReport
from workbench.tag.model import Model, choose, load_model, read_manifest, write_manifest
from workbench.tag.partfile import PartFile
from workbench.tag.shards import Job, find_shards, label_shard

STARTER = packaged("models/starter")
TEXT = load_corpus(packaged("annotations/corpus.jsonl"))[0].document.text


def prelabel(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workbench", "prelabel", "in.jsonl", "-o", "out.jsonl", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


def write(folder: Path, *texts: str) -> None:
    rows = (json.dumps({"id": f"d{n}", "text": text}) + "\n" for n, text in enumerate(texts))
    (folder / "in.jsonl").write_text("".join(rows), encoding="utf-8")


@pytest.mark.parametrize(
    ("holds", "says"),
    [
        ({}, "holds no workbench.json; it is no model, or its training was stopped"),
        ({"config.json": "{}"}, "were not exported .*; train from them with `workbench train"),
        ({"workbench.json": "{"}, "workbench.json is damaged"),
        ({"workbench.json": '{"format": 99}'}, "has the model format 99; this version reads 1"),
    ],
)
def test_a_folder_that_is_no_exported_model(tmp_path: Path, holds: dict[str, str], says: str) -> None:
    write(tmp_path, TEXT)
    (tmp_path / "m").mkdir()
    for name, content in holds.items():
        (tmp_path / "m" / name).write_text(content, encoding="utf-8")
    done = prelabel("--model", "m", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert re.search(says, done.stderr)
    assert not list(tmp_path.glob("*out*"))


def test_a_precision_that_the_model_was_not_exported_in(tmp_path: Path) -> None:
    write(tmp_path, TEXT)
    shutil.copytree(STARTER, tmp_path / "m")
    write_manifest(tmp_path / "m", replace(read_manifest(tmp_path / "m"), precisions={}))
    done = prelabel("--model", "m", "--precision", "int8", cwd=tmp_path)
    assert done.returncode == 1
    assert "not exported in int8" in done.stderr or "do not compute int8" in done.stderr
    assert "--precision auto" in done.stderr
    assert done.stderr.count("\n") == 1


def test_emoji_and_control_characters_go_through_as_they_are(tmp_path: Path) -> None:
    texts = ["😀😀🏴\u200d☠️", "\x00\x01\x07\x1b[31m\x7f", "a", "\u202e\ufeff\u200b.", TEXT]
    write(tmp_path, *texts)
    done = prelabel(cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = load_corpus(tmp_path / "out.jsonl")
    assert [entry.document.text for entry in found] == texts
    assert found[-1].spans
    assert not found[0].spans


@pytest.fixture(scope="module")
def starter() -> Model:
    return load_model(STARTER, threads=1)


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_full_disk_leaves_a_shard_for_the_next_run(
    starter: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    write(tmp_path, TEXT)
    choice = choose(STARTER)
    out = tmp_path / "out"
    job = Job(str(STARTER), choice.engine, choice.precision, choice.version, str(out), form)
    [shard] = find_shards([str(tmp_path / "in.jsonl")], job, report=ReadReport())

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(PartFile, "append", full)
        done = label_shard(shard, job, starter)
    assert "No space left on device" in (done.failed or "")
    assert done.documents == 0
    assert not (out / f"in.{form}").exists()
    assert label_shard(shard, job, starter).documents == 1
    assert (out / f"in.{form}").exists()
