"""Files that are small on the disk and large inside, or long, deep or slow on purpose: read in little memory, or
refused in a sentence."""

import gzip
import json
import resource
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from workbench.core import files
from workbench.core.corpus import Annotation, Document, Entry, read_corpus, write_corpus
from workbench.core.errors import InputError, SchemaError, StudioError
from workbench.core.parse import read_toml
from workbench.core.schema import load_schema
from workbench.core.span import Span
from workbench.figure import figures_in
from workbench.read.forms import json as json_form
from workbench.read.paths import read_paths
from workbench.read.report import ReadReport
from workbench.record.run import load_tools, records_of
from workbench.studio.labeling import controls_of
from workbench.studio.protocol import read_page

MEGABYTE = 1 << 20
# What a process of its own may have at its peak beyond what it has after importing, in MB.
READER = """
import resource, sys
from workbench.core import files
from workbench.core.errors import InputError
from workbench.read.paths import read_paths
files.LONGEST_LINE = 1 << 22
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
before, rows = peak(), 0
try:
    for entry in read_paths([sys.argv[1]]):
        rows += 1
    said = "read"
except InputError as error:
    said = str(error)
print(f"{peak() - before}|{rows}|{said}")
"""


def read_alone(path: Path) -> tuple[int, int, str]:
    """Reads in a process of its own, with lines of at most 4 MiB: growth in MB, rows, and what was said."""
    done = subprocess.run([sys.executable, "-c", READER, str(path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    grown, rows, said = done.stdout.strip().split("|", 2)
    return int(grown), int(rows), said


def gzip_of(path: Path, head: bytes, megabytes: int, tail: bytes = b"") -> Path:
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(head)
        for _ in range(megabytes):
            file.write(b"a" * MEGABYTE)
        file.write(tail)
    return path


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.json.gz", "a.csv.gz", "a.txt.gz", "a.html.gz"])
def test_a_line_that_is_small_when_packed_is_refused_in_little_memory(tmp_path: Path, name: str) -> None:
    head = b"id,text\n" if "csv" in name else b"<html>" if "html" in name else b'{"id": "a", "text": "'
    path = gzip_of(tmp_path / name, head, 256, b'"}\n')
    assert path.stat().st_size < 4 * MEGABYTE
    grown, rows, said = read_alone(path)
    assert (rows, "4,194,304 characters" in said) == (0, True), said
    # A line of 4 MiB, its parts and its encoding, and what was looked through first.
    assert grown < 120


def test_a_cell_that_never_ends_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 10_000)
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,"' + "bomb\n" * 5_000, encoding="utf-8")
    with pytest.raises(InputError, match="line 2002 is not CSV"):
        list(read_paths([path]))


@pytest.mark.slow
def test_many_lines_that_are_small_when_packed_are_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        for number in range(20_000):
            file.write(json.dumps({"id": str(number), "text": "bomb " * 1_000}) + "\n")
    assert path.stat().st_size < MEGABYTE
    grown, rows, said = read_alone(path)
    assert (rows, said) == (20_000, "read")
    assert grown < 60


def test_a_list_that_is_too_long_for_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_form, "MOST_LISTED", 1_000)
    path = tmp_path / "a.json"
    path.write_text("[\n" + '{"text": "x"},\n' * 100 + '{"text": "x"}]', encoding="utf-8")
    with pytest.raises(InputError, match="more than 1,000 characters; split it, or make it JSON Lines"):
        list(read_paths([path]))


def test_a_corpus_with_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "a", "text": "short"}\n{"id": "b", "text": "' + "x" * 5_000, encoding="utf-8")
    monkeypatch.setattr(files, "LONGEST_LINE", 4_096)
    with pytest.raises(InputError, match=r"a\.jsonl has a line of 4,096 characters or more"):
        list(read_corpus(path))


def test_a_zip_is_not_unpacked(tmp_path: Path) -> None:
    for name in ("a.zip", "a.jsonl", "a.txt"):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", "a" * MEGABYTE)
        with pytest.raises(InputError, match=r"none of the suffixes|a zip or Office file, not text"):
            list(read_paths([tmp_path / name]))


def test_a_table_of_blanks_that_are_no_ascii_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\u00a0\n\u2003\n", encoding="utf-8")
    with pytest.raises(InputError, match="is empty; expected a header"):
        list(read_paths([path]))


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "{a=" * 50_000, "[" + "a." * 10_000 + "a]"])
def test_deep_toml_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "schema.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError, match=r"nested too deeply|is not TOML|no labels"):
        load_schema(path)


@pytest.mark.parametrize("number", ["9" * 5_000, "0x" + "f" * 5_000, str(2**63)])
def test_a_number_of_thousands_of_digits_is_refused(tmp_path: Path, number: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(f"a = [1, {{b = {number}}}]", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.toml is not TOML"):
        read_toml(path)


def test_entities_that_grow_are_refused_before_they_are_read() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    config = f'<!DOCTYPE View [<!ENTITY a0 "laugh">{entities}]><View><Header value="&a9;"/></View>'
    for reads in (controls_of, read_page):
        with pytest.raises(StudioError, match="declares entities; take its <!DOCTYPE> out"):
            reads(config, where="project 7")


@pytest.mark.slow
def test_a_bulletin_of_50_mb_is_read_whole(tmp_path: Path) -> None:
    sentence = "Six people were killed in Kabul on Friday, police said. "
    text = sentence * (50_000_000 // len(sentence))
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    [entry] = read_paths([path], report=ReadReport())
    assert len(entry.document.text) == len(text)
    labelled = Entry(entry.document, Annotation((Span(len(text) - 5, len(text) - 1, "SOURCE"),)))
    assert write_corpus(tmp_path / "a.jsonl", [labelled]) == 1
    [again] = read_corpus(tmp_path / "a.jsonl")
    assert again.spans == labelled.spans
    # The text some ten times over, as bytes and as characters.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 700 << 10


@pytest.mark.slow
def test_ten_thousand_figures_take_time_by_their_number(tmp_path: Path) -> None:
    sentence = "A blast killed six people in Kabul on Friday. "
    places = [(sentence.index(word), word, label) for word, label in _LABELS]

    def seconds(count: int) -> float:
        spans = [
            Span(number * len(sentence) + at, number * len(sentence) + at + len(word), label)
            for number in range(count)
            for at, word, label in places
            if label == "FIGURE_KILLED" or number == 0
        ]
        entry = Entry(Document("a", sentence * count, "2024-05-08"), Annotation(tuple(spans)))
        began = time.process_time()
        assert sum(1 for _ in figures_in(entry.document.text)) == count
        assert len(records_of([entry], tools).events) == 1
        return time.process_time() - began

    from workbench.core.workspace import Workspace

    tools = load_tools(Workspace(tmp_path).schema(), cache=Path(".workbench"))
    seconds(100)
    few = seconds(1_000)
    assert seconds(10_000) < 40 * few + 0.5


_LABELS = (
    ("blast", "EVENT_EXPLOSION"), ("six", "FIGURE_KILLED"), ("people", "TARGET"), ("Kabul", "LOCATION"),
    ("Friday", "DATE"),
)  # fmt: skip
