"""Each form of file gives the bulletins that it holds."""

import datetime
import gzip
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.corpus import Entry, read_corpus, write_corpus
from workbench.core.span import Span
from workbench.read import ReadReport, read_paths

BULLETINS = Path(__file__).parents[2] / "shared/data/bulletins"


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(*paths: Path | str, split: str | None = None) -> list[Entry]:
    return list(read_paths(paths, split=split))


def ids_and_texts(entries: list[Entry]) -> list[tuple[str, str]]:
    return [(entry.document.id, entry.document.text) for entry in entries]


def test_a_text_file_is_one_bulletin_named_after_it(tmp_path: Path) -> None:
    path = put(tmp_path, "b-17.txt", "Six killed.\r\nNone hurt.\rEnd\n")
    assert ids_and_texts(read(path)) == [("b-17", "Six killed.\nNone hurt.\nEnd\n")]


def test_blank_lines_split_on_request_only(tmp_path: Path) -> None:
    path = put(tmp_path, "day.txt", "one\ntwo\n\n \t\n\nthree\n\n")
    assert ids_and_texts(read(path, split="blank")) == [("day-1", "one\ntwo"), ("day-2", "three")]
    assert len(read(path)) == 1


def test_the_real_bulletins() -> None:
    if not BULLETINS.is_dir():
        pytest.skip("the shared data are not there")
    entries = read(BULLETINS)
    assert [entry.document.id for entry in entries] == [f"bulletin-{n}" for n in range(1, 7)]
    assert entries[0].document.text == (BULLETINS / "bulletin-1.txt").read_text(encoding="utf-8")
    assert "Taliban’s Ministry of Refugees" in entries[1].document.text
    assert all(entry.annotation is None for entry in entries)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_with_any_delimiter_and_case(tmp_path: Path, delimiter: str) -> None:
    lines = [
        ["\ufeffID", "Text", "Published", "SOURCE", "Reporter"],
        ["n1", '"Six ""killed""\r\nin Kabul"', "2024-05-08", "Khaama", "Jane"],
        ["", "Two hurt", "", "", ""],
    ]
    path = put(tmp_path, "news.csv", "\r\n".join(delimiter.join(line) for line in lines))
    first, second = read(path)
    assert (first.document.id, first.document.text) == ("n1", 'Six "killed"\nin Kabul')
    assert (first.document.published, first.document.source) == ("2024-05-08", "Khaama")
    assert first.document.fields == {"Reporter": "Jane"}
    assert (second.document.id, second.document.text, second.document.published) == ("news-2", "Two hurt", None)


def test_a_corpus_saved_as_a_table_keeps_its_spans(tmp_path: Path) -> None:
    spans = '"[{""start"": 0, ""end"": 3, ""label"": ""FIGURE_KILLED""}]"'
    path = put(tmp_path, "c.csv", f"id,text,spans,assisted\n1,Six killed,{spans},False\n2,None,[],\n3,Some,,\n")
    first, second, third = read(path)
    assert first.spans == (Span(0, 3, "FIGURE_KILLED"),)
    assert first.annotation is not None
    assert not first.annotation.assisted
    assert second.annotation is not None
    assert second.spans == ()
    assert third.annotation is None


def test_a_cell_may_be_longer_than_the_csv_module_allows_by_default(tmp_path: Path) -> None:
    assert len(read(put(tmp_path, "long.csv", "text\n" + "x" * 200_000))[0].document.text) == 200_000


def test_parquet_keeps_dates_spans_and_fields(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    columns = {
        "ID": [7, None],
        "text": ["Six killed", "b\r\nc"],
        "published": [datetime.date(2024, 5, 8), None],
        "spans": [[{"start": 0, "end": 3, "label": "FIGURE_KILLED"}], None],
        "score": [float("nan"), 1.5],
    }
    pq.write_table(pa.table(columns), path)
    first, second = read(path)
    assert (first.document.id, first.document.published, first.spans) == (
        "7",
        "2024-05-08",
        (Span(0, 3, "FIGURE_KILLED"),),
    )
    assert first.document.fields == {"score": None}
    assert (second.document.id, second.document.text, second.document.fields) == ("p-2", "b\nc", {"score": 1.5})


PAGE = """<html><head><meta charset="iso-8859-1"><title>Blast in Kabul</title>
<meta property="article:published_time" content="2024-05-08T10:00:00Z"><meta property="og:site_name" content="Khaama">
</head><body><nav><a href="/">Home</a> <a href="/x">Subscribe now</a></nav><article><h1>Blast in Kabul</h1>
<p>At least six people were killed in a blast in Kabul’s café quarter on Wednesday, officials said on the day.</p>
<p>No group has claimed responsibility for the blast so far, according to the police of the province.</p>
</article><footer>Copyright</footer></body></html>"""


@pytest.mark.parametrize("name", ["kabul.html", "kabul.htm", "kabul.html.gz"])
def test_a_page_gives_its_main_text_title_and_date(tmp_path: Path, name: str) -> None:
    raw = PAGE.encode("cp1252")
    report = ReadReport()
    path = put(tmp_path, name, gzip.compress(raw) if name.endswith(".gz") else raw)
    (entry,) = read_paths([path], report=report)
    assert entry.document.id == "kabul"
    assert "blast in Kabul’s café quarter" in entry.document.text
    assert "Subscribe" not in entry.document.text
    assert (entry.document.published, entry.document.source) == ("2024-05-08", "Khaama")
    assert entry.document.fields["title"] == "Blast in Kabul"
    assert report.encodings == [(str(path), "cp1252")]


def test_a_page_named_txt_is_read_as_a_page(tmp_path: Path) -> None:
    assert "<p>" not in read(put(tmp_path, "k.txt", PAGE))[0].document.text


def test_json_lists_lines_and_single_objects(tmp_path: Path) -> None:
    rows = [{"id": "a", "text": "x"}, {"id": "b", "text": "y"}]
    expected = [("a", "x"), ("b", "y")]
    assert ids_and_texts(read(put(tmp_path, "list.json", json.dumps(rows, indent=1)))) == expected
    assert ids_and_texts(read(put(tmp_path, "list.jsonl", json.dumps(rows)))) == expected
    assert ids_and_texts(read(put(tmp_path, "lines.json", "\n\n".join(map(json.dumps, rows))))) == expected
    assert ids_and_texts(read(put(tmp_path, "one.json", json.dumps(rows[0], indent=1)))) == expected[:1]
    assert ids_and_texts(read(put(tmp_path, "bare.json", '[{"text": "x"}]'))) == [("bare-1", "x")]


def test_lines_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.TextIOWrapper(io.BytesIO('\ufeff{"id": "a", "text": "é"}\n'.encode()))
    monkeypatch.setattr("sys.stdin", raw)
    assert ids_and_texts(read("-")) == [("a", "é")]


text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda t: t.strip())
cells = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\r\n\t"), min_size=1)


@given(
    texts=st.lists(text, min_size=1, max_size=5), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"])
)
def test_what_a_corpus_file_holds_comes_out_in_every_unicode_encoding(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], encoding: str
) -> None:
    path = tmp_path_factory.mktemp("enc") / "c.jsonl"
    rows = [json.dumps({"id": str(n), "text": t}, ensure_ascii=False) for n, t in enumerate(texts)]
    path.write_bytes("\n".join(rows).encode(encoding))
    expected = [t.replace("\r\n", "\n").replace("\r", "\n") for t in texts]
    assert [entry.document.text for entry in read(path)] == expected


@given(texts=st.lists(cells.filter(str.strip), min_size=1, max_size=5))
def test_csv_parquet_and_jsonl_agree(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    import csv

    folder = tmp_path_factory.mktemp("agree")
    pq.write_table(pa.table({"text": texts}), folder / "c.parquet")
    with open(folder / "c.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text", "n"], *([t, "1"] for t in texts)])
    from_csv, from_parquet = read(folder / "c.csv"), read(folder / "c.parquet")
    assert ids_and_texts(from_csv) == ids_and_texts(from_parquet)
    write_corpus(folder / "c.jsonl", from_csv)
    assert list(read_corpus(folder / "c.jsonl")) == from_csv


def test_a_journalist_named_author_survives_until_an_annotator_signs(tmp_path: Path) -> None:
    (entry,) = read(put(tmp_path, "a.csv", "id,text,author\n1,abc,Jane\n"))
    assert entry.document.fields == {"author": "Jane"}
    write_corpus(tmp_path / "a.jsonl", [entry])
    assert next(read_corpus(tmp_path / "a.jsonl")).document.fields == {"author": "Jane"}
    from workbench.core.corpus import Annotation

    write_corpus(tmp_path / "b.jsonl", [Entry(entry.document, Annotation(author="ann1"))])
    back = next(read_corpus(tmp_path / "b.jsonl"))
    assert back.annotation == Annotation(author="ann1")
    assert back.document.fields == {"document_author": "Jane"}


def test_a_lone_surrogate_survives_writing(tmp_path: Path) -> None:
    (entry,) = read(put(tmp_path, "s.jsonl", '{"id": "1", "text": "a\\ud800b"}'))
    write_corpus(tmp_path / "t.jsonl", [entry])
    assert next(read_corpus(tmp_path / "t.jsonl")) == entry
