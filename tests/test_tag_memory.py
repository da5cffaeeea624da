"""Pre-labelling in bulk needs little memory, and no more of it for more bulletins."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core.corpus import Document, Entry, load_corpus, write_corpus
from workbench.core.workspace import packaged

TEXTS = [entry.document.text for entry in load_corpus(packaged("annotations/corpus.jsonl"))]
PROGRAM = """
import json, sys
from workbench.cli.app import main
try:
    main(["prelabel", sys.argv[1], "-o", "out.jsonl", "--precision", "fp32"])
finally:
    from workbench.train.bench_worker import peak_memory
    print(json.dumps(peak_memory()))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="a process's own peak is read from /proc")
def test_memory_stays_under_400_mb_and_flat(tmp_path: Path) -> None:
    peaks = []
    for count in (100, 300):
        texts = ["\n".join(TEXTS[(n + k) % len(TEXTS)] for k in range(1 + n % 7)) for n in range(count)]
        write_corpus(tmp_path / f"{count}.jsonl", (Entry(Document(f"d{n}", text)) for n, text in enumerate(texts)))
        command = [sys.executable, "-c", PROGRAM, f"{count}.jsonl"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        peaks.append(json.loads(done.stdout.splitlines()[-1]) / 1e6)
    assert max(peaks) < 400
    assert peaks[1] - peaks[0] < 40
