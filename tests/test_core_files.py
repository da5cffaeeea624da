"""Files are written whole or not at all, whatever happens on the way."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.core.files import open_text, replacing, write_lines, write_text


def test_a_file_takes_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write_text(path, "old")

    def lines() -> Iterator[str]:
        yield "new"
        assert path.read_text(encoding="utf-8") == "old"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_lines(path, lines())
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_full_disk_is_a_sentence_and_the_old_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.jsonl"
    write_text(path, "old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"No space left on device.*the old file, if there was one, is as before"):
        write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_secrets_are_readable_by_their_owner_alone_from_the_start(tmp_path: Path) -> None:
    with replacing(tmp_path / "secret", mode=0o600) as file:
        assert all(part.stat().st_mode & 0o077 == 0 for part in tmp_path.iterdir())
        file.write(b"x")
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not there"), open_text(tmp_path / "none.jsonl"):
        pass
    with pytest.raises(InputError, match="is a folder"), open_text(tmp_path):
        pass
    (tmp_path / "latin.jsonl").write_bytes(b"caf\xe9")
    with pytest.raises(InputError, match="not UTF-8"), open_text(tmp_path / "latin.jsonl") as file:
        file.read()
