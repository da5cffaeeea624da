"""The bench on a few bulletins: every contender answers with figures that can be true."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from workbench.core.corpus import load_corpus, write_corpus
from workbench.core.workspace import packaged
from workbench.tag.engines import native_precisions, pick_engine

pytestmark = pytest.mark.slow


def test_the_pipeline_and_every_engine_are_measured_in_the_same_run(tmp_path: Path) -> None:
    write_corpus(tmp_path / "few.jsonl", load_corpus(packaged("annotations/corpus.jsonl"))[:8])
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
        assert rows["pipeline"]["ratio"] == 1.0
        assert rows["pipeline"]["memory"] > 1.5 * rows[f"{fast} fp32"]["memory"]
    else:
        assert "without the pipeline beside it" in done.stderr
