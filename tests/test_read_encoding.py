"""Encodings are found, said once, and never guessed over a damaged byte."""

from itertools import islice
from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.read import ReadReport, read_paths
from workbench.read import encoding as module

RUSSIAN = "При взрыве погибли шесть человек, сообщает полиция. " * 3


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("It’s a blast – six killed", "cp1252", "cp1252"),
        ("Le café à Paris – 12 tués", "cp1252", "cp1252"),
        ("Zwölf Tote bei einem Anschlag in München", "latin-1", "cp1252"),
        (RUSSIAN, "cp1251", "cp1251"),
        ("It’s a blast", "utf-16", "utf-16"),
        ("It's a blast, six killed", "utf-16-le", "utf-16-le"),
        ("It's a blast, six killed", "utf-16-be", "utf-16-be"),
        ("Łódź, “six”", "utf-8", None),
        ("Łódź, “six”", "utf-8-sig", None),
    ],
)
def test_text_of_many_encodings(tmp_path: Path, text: str, encoding: str, said: str | None) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(encoding))
    report = ReadReport()
    assert [entry.document.text for entry in read_paths([path], report=report)] == [text]
    assert list(report.lines()) == ([f"read {path} as {said}"] if said else [])


def test_a_late_foreign_byte_is_found_before_the_first_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text\n" + (b"plain words " * 100 + b"\n") * 2000 + "café\n".encode("cp1252"))
    report = ReadReport()
    assert [entry.document.text for entry in read_paths([path], report=report)][-1] == "café"
    assert report.encodings == [(str(path), "cp1252")]


@pytest.mark.parametrize("lines", [2, 100_000])
def test_a_damaged_byte_in_utf8_is_named_with_its_line(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Łódź is fine\n".encode() * lines + b"bad \xff byte")
    offset = 16 * lines + 4
    with pytest.raises(InputError, match=f"line {lines + 1} is damaged: .* UTF-8, but its byte {offset:,} \\(ff\\)"):
        list(read_paths([path]))


def test_a_large_file_is_read_at_once_and_a_byte_far_behind_is_named_when_it_is_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 1 << 10)
    monkeypatch.setattr(module, "_LOOKED_THROUGH", 1 << 12)
    path = tmp_path / "a.csv"
    path.write_bytes(b"text\n" + b"plain words\n" * 5000 + b"caf\xe9\n")
    entries = read_paths([path])
    assert len(list(islice(entries, 4000))) == 4000
    with pytest.raises(InputError, match=r"line 5002 is damaged: the file is UTF-8, but its byte 60,008 \(e9\)"):
        list(entries)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"%PDF-1.7 abc", "is a PDF"),
        (b"PK\x03\x04abc", "is a zip or Office file"),
        (bytes(range(256)), "is a binary file"),
        (b"\x7fELF" + b"\0" * 50, "is a binary file"),
        (b"", "is empty"),
        (b" \n\n", "is empty"),
    ],
)
@pytest.mark.parametrize("suffix", [".txt", ".csv", ".jsonl", ".html", ".json"])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, found: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"{path.name} {found}"):
        list(read_paths([path]))
