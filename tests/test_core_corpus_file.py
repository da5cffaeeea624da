"""What the corpus file's own reader says of bytes that it cannot take."""

import gzip
from pathlib import Path

import pytest

from workbench.core.corpus import entry_from_row, read_corpus, row_from_entry
from workbench.core.errors import CorpusError, InputError

ROW = '{"id": "1", "text": "Łódź"}\n'


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(ROW, encoding="utf-8-sig")
    assert [entry.document.text for entry in read_corpus(tmp_path / "a.jsonl")] == ["Łódź"]


def test_bytes_damaged_within_a_gzip_file(tmp_path: Path) -> None:
    raw = bytearray(gzip.compress("".join(ROW.replace("1", str(n)) for n in range(5000)).encode()))
    raw[200:400] = b"\xff" * 200
    (tmp_path / "a.jsonl.gz").write_bytes(raw)
    with pytest.raises(InputError, match=r"a\.jsonl\.gz is damaged or no gzip file"):
        list(read_corpus(tmp_path / "a.jsonl.gz"))


def test_a_number_as_id_is_shown_as_one(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": 17, "text": "x"}')
    with pytest.raises(InputError, match=r"line 1: found id = 17; expected a string"):
        list(read_corpus(tmp_path / "a.jsonl"))


def test_what_was_chosen_for_a_span_is_read_and_written_as_it_is() -> None:
    spans = [
        {"start": 0, "end": 3, "label": "KILLED", "choices": {"certainty": "disputed", "said": ["police", "witness"]}},
        {"start": 4, "end": 7, "label": "TARGET"},
    ]
    row = {"id": "b", "text": "Six men", "spans": spans, "origin": "human"}
    entry = entry_from_row(row)
    assert entry.spans[0].choices == (("certainty", "disputed"), ("said", "police"), ("said", "witness"))
    assert row_from_entry(entry) == row


@pytest.mark.parametrize("choices", [3, [], {"sure": 1}, {"sure": [None]}, None])
def test_choices_of_another_form_are_refused(choices: object) -> None:
    span = {"start": 0, "end": 3, "label": "KILLED", "choices": choices}
    with pytest.raises(CorpusError, match="bulletin b has the span"):
        entry_from_row({"id": "b", "text": "Six men", "spans": [span]})


def test_a_span_of_five_parts_is_refused() -> None:
    with pytest.raises(CorpusError, match="expected start, end and label"):
        entry_from_row({"id": "b", "text": "Six men", "spans": [[0, 3, "A", 0.5, "more"]]})
