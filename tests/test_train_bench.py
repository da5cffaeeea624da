"""The bench on a few bulletins: every contender answers with figures that can be true."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from workbench.core.corpus import Document, Entry, load_corpus, write_corpus
from workbench.core.workspace import packaged
from workbench.tag.engines import native_precisions, pick_engine

pytestmark = pytest.mark.slow


def test_the_pipeline_and_every_engine_are_measured_in_the_same_run(tmp_path: Path) -> None:
    few = load_corpus(packaged("annotations/corpus.jsonl"))[:8]
    long = " ".join(entry.document.text for entry in few)  # past 512 tokens, where the pipeline stops by default
    write_corpus(tmp_path / "few.jsonl", [*few[:7], Entry(Document("long", long))])
    command = [sys.executable, "-m", "workbench", "bench", "few.jsonl", "--documents", "8", "--rounds", "2", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    rows = {row["contender"]: row for row in said["rows"]}
    fast = pick_engine()
    assert f"{fast} fp32" in rows
    assert ("openvino bf16" in rows) == ("bf16" in native_precisions(fast))
    assert rows["onnxruntime fp32"]["agreement"] == 1.0
    for row in rows.values():
        assert row["documents_a_second"] > 0
        assert row["tokens_a_second"] > 50 * row["documents_a_second"]
        assert row["first"] > 0.1
    # A process's own memory, not that of the one that started it.
    assert 100e6 < rows[f"{fast} fp32"]["memory"] < 500e6
    if find_spec("transformers"):
        assert rows["pipeline"]["ratio"] == rows["pipeline stride"]["ratio_whole"] == 1.0
        assert {name for name, row in rows.items() if row["read"] < 0.8} == {"pipeline"}
        per_bulletin = {name: row["tokens_a_second"] / row["documents_a_second"] for name, row in rows.items()}
        assert per_bulletin["pipeline"] < 0.8 * per_bulletin["pipeline stride"]
        assert per_bulletin["pipeline stride"] == pytest.approx(per_bulletin[f"{fast} fp32"])
        assert rows["pipeline"]["agreement"] < rows["pipeline stride"]["agreement"]
        assert rows["pipeline"]["memory"] > 1.5 * rows[f"{fast} fp32"]["memory"]
    else:
        assert "without the pipeline beside it" in done.stderr
