"""Folders, patterns, ids, and bad input: one clear sentence, nothing lost."""

import gzip
import json
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.core.errors import InputError
from workbench.read import ReadReport, read_paths


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(*paths: Path | str, report: ReadReport | None = None) -> list[tuple[str, str]]:
    return [(entry.document.id, entry.document.text) for entry in read_paths(paths, report=report)]


def rows(*texts: str, first: int = 0) -> str:
    return "".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(texts, start=first))


def test_a_folder_is_walked_in_order_and_says_what_it_left_out(tmp_path: Path) -> None:
    for name, content in {
        "f/b.txt": "two",
        "f/a/x.txt": "one",
        "f/empty.txt": "",
        "f/pic.png": "x",
        "f/.hidden.txt": "no",
        "f/.git/c.txt": "no",
    }.items():
        put(tmp_path, name, content)
    report = ReadReport()
    assert read(tmp_path / "f", report=report) == [("b", "two"), ("a/x", "one")]
    assert report.files == 2
    assert report.documents == 2
    assert list(report.lines()) == [
        f"left out {tmp_path}/f/empty.txt: is empty; expected text",
        f"left out 1 file of other forms (save as .txt or .html): {tmp_path}/f/pic.png",
    ]


def test_without_a_report_an_unreadable_file_of_a_folder_raises(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "one")
    put(tmp_path, "empty.txt", "")
    with pytest.raises(InputError, match=r"empty\.txt is empty"):
        read(tmp_path)


def test_a_file_of_a_folder_that_breaks_half_way_raises(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", rows("one") + "{\n")
    with pytest.raises(InputError, match=r"a\.jsonl line 2: this is not JSON"):
        read(tmp_path, report=ReadReport())


def test_patterns_and_files_named_twice(tmp_path: Path) -> None:
    put(tmp_path, "b.txt", "two")
    put(tmp_path, "a.txt", "one")
    assert read(f"{tmp_path}/*.txt", tmp_path, tmp_path / "a.txt") == [("a", "one"), ("b", "two")]


def test_links_that_go_round_end(tmp_path: Path) -> None:
    put(tmp_path, "f/a.txt", "one")
    (tmp_path / "f/loop").symlink_to(tmp_path / "f")
    assert read(tmp_path / "f") == [("a", "one")]


def test_made_ids_that_meet_hang_on_the_content(tmp_path: Path) -> None:
    paths = [put(tmp_path, f"{folder}/b.txt", text) for folder, text in (("x", "one"), ("y", "two"), ("z", "two"))]
    assert read(*paths) == [("b", "one"), ("b~3fc4ccfe", "two"), ("b~3fc4ccfe~2", "two")]


def test_the_same_bulletin_in_two_files_comes_once(tmp_path: Path) -> None:
    one, two = put(tmp_path, "1.jsonl", rows("a", "b")), put(tmp_path, "2.jsonl", rows("b", "c", first=1))
    report = ReadReport()
    assert read(one, two, report=report) == [("0", "a"), ("1", "b"), ("2", "c")]
    assert report.repeated == 1


def test_one_id_for_two_bulletins_names_both_places(tmp_path: Path) -> None:
    one, two = put(tmp_path, "1.jsonl", rows("a", "b")), put(tmp_path, "2.jsonl", rows("other", first=1))
    with pytest.raises(InputError, match=r"2\.jsonl line 1 has the id '1' of line 2 of .*1\.jsonl; give each its own"):
        read(one, two)


def broken_parquet(tmp_path: Path) -> bytes:
    pq.write_table(pa.table({"text": ["some words"] * 1000, "n": list(range(1000))}), tmp_path / "x")
    return (tmp_path / "x").read_bytes()[:-100]


def wrong_columns(tmp_path: Path) -> bytes:
    pq.write_table(pa.table({"body": ["x"], "n": [1]}), tmp_path / "x")
    return (tmp_path / "x").read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", rows(*"x" * 7311) + '{"id": 1, bad\n', r"line 7312: this is not JSON \(.*\); mend or remove"),
        ("a.jsonl", rows("x") * 2, r"line 2 has the id '0' of line 1; give each its own"),
        ("a.jsonl", "[" * 100_000, r"nested too deeply"),
        ("a.jsonl", '{"id": "1", "text": "x", "a": ' + "[" * 100_000, r"line 1: the JSON is nested too deeply"),
        ("a.json", "[" * 100_000, r"nested too deeply"),
        ("a.json", '[{"text": "x"},\n{"text":]', r"not JSON \(.*line 2 column 9"),
        ("a.json", '[{"id": 1, "text": "x", "annotation_id": 2, "annotator": 1}]', r"JSON-MIN"),
        ("a.json", '[{"id": "1", "body": "x"}]', r"item 1: has no text; found id, body"),
        ("a.json", "[]", r"holds no bulletin"),
        ("a.json", "[1]", r"item 1: found int; expected an object"),
        ("a.jsonl", '{"text": "x"}', r"line 1: found id = nothing; expected a string"),
        ("a.jsonl", '{"id": 17, "text": "x"}', r"found id = 17; expected a string"),
        ("a.csv", "title,body\nx,y\n", r"no column named text; found title, body"),
        ("a.csv", "text,Text\nx,y\n", r"two columns named text"),
        ("a.csv", "id,text\n1,a,b\n", r"line 2: found 3 cells; expected 2"),
        ("a.csv", 'id,text\n1,"a\n2,b\n', r"line 3 is not CSV"),
        ("a.csv", "id,text\n1,a\n1,b\n", r"line 3 has the id '1' of line 2"),
        ("a.csv", "id,text\n", r"holds no bulletin"),
        ("a.csv", "text,spans\nx,{\n", r"line 2: a cell of spans or relations does not hold JSON"),
        ("a.parquet", b"PAR1xxxxPAR1", r"damaged or no Parquet"),
        ("a.parquet", broken_parquet, r"damaged or no Parquet"),
        ("a.parquet", wrong_columns, r"no column named text; found body, n"),
        ("a.jsonl.gz", gzip.compress(rows(*"abc" * 500).encode())[:-30], r"damaged or no gzip"),
        ("a.jsonl.gz", gzip.compress(rows(*"abc" * 5000).encode())[:200] + b"x" * 500, r"damaged or no gzip"),
        ("a.jsonl.gz", b"plain", r"damaged or no gzip"),
        ("a.docx", "x", r"none of the suffixes"),
        ("a.html", "<html><body></body></html>", r"web page without a main text"),
        ("f/a.png", "x", r"holds 1 files of other forms"),
        ("f/a.txt", "", r"no file could be read: .*a\.txt is empty"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path: Path, name: str, content: object, says: str) -> None:
    put(tmp_path, name, content(tmp_path) if callable(content) else content)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=says) as caught:
        read(tmp_path / name.split("/")[0], report=ReadReport())
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("path", ["missing.txt", "*.none"])
def test_what_is_not_there(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match=r"is not there|matches no file"):
        read(tmp_path / path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty holds no file; expected"):
        read(tmp_path / "empty")


def test_rows_without_text_are_listed(tmp_path: Path) -> None:
    path, report = put(tmp_path, "a.csv", "id,text\n1,\n2,x\n"), ReadReport()
    assert read(path, report=report) == [("2", "x")]
    assert list(report.lines()) == [f"left out 1 row without text: {path} line 2"]


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, form: str) -> None:
    """A file five times as long takes no more memory; the ids of its rows are kept outside it."""
    peaks = []
    for count in (1500, 7500):
        path, texts = tmp_path / f"{count}.{form}", (f"{n} " + "word " * 400 for n in range(count))
        if form == "parquet":
            pq.write_table(pa.table({"text": list(texts)}), path, row_group_size=500)
        else:
            path.write_text(
                rows(*texts) if form == "jsonl" else "id,text\n" + "".join(f"{n},{t}\n" for n, t in enumerate(texts))
            )
        tracemalloc.start()
        assert sum(1 for _ in read_paths([path])) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 200_000
