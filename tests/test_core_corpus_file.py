"""What the corpus file's own reader says of bytes that it cannot take."""

import gzip
from pathlib import Path

import pytest

from workbench.core.corpus import read_corpus
from workbench.core.errors import InputError

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
