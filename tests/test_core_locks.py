"""Two at once: the second is told who is there, and what a killed process leaves is nobody's lock."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.core.files import making, making_database, replacing, write_text
from workbench.core.locks import alone

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the locks are POSIX")

HOLD = (
    "import os, sys; from pathlib import Path; from workbench.core.locks import alone\n"
    "with alone(Path(sys.argv[1]), what='writing it'):\n"
    "    print('held', flush=True); sys.stdin.read()\n"
)
HALF = (
    "import os, sys; from pathlib import Path; from workbench.core.files import replacing\n"
    "with replacing(Path(sys.argv[1])) as file:\n"
    "    file.write(b'half'); file.flush(); print('held', flush=True); sys.stdin.read()\n"
)


def started(program: str, path: Path) -> "subprocess.Popen[str]":
    """A process that is in the middle of it."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def ended(process: "subprocess.Popen[str]", *, kill: bool) -> None:
    if kill:
        process.kill()
    process.communicate()


@pytest.mark.parametrize("kill", [False, True])
def test_the_second_is_told_who_the_first_is_until_that_ends_however_it_ends(tmp_path: Path, kill: bool) -> None:
    output, mark = tmp_path / "out.jsonl", tmp_path / ".out.jsonl.lock"
    first = started(HOLD, output)
    with pytest.raises(InputError, match=rf"another workbench \(process {first.pid}, since .*\) is writing out; wait"):
        alone(output, what="writing out").__enter__()
    ended(first, kill=kill)
    assert mark.exists() is kill
    with alone(output, what="writing out"):
        assert mark.exists()
    assert not mark.exists()


def test_other_outputs_do_not_mind_one_another(tmp_path: Path) -> None:
    with alone(tmp_path / "a", what="writing a"), alone(tmp_path / "b", what="writing b"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_let_go_of_after_a_failure(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), alone(tmp_path / "a", what="writing a"):
            raise KeyError


def test_a_lock_whose_file_was_removed_meanwhile_is_made_again(tmp_path: Path) -> None:
    with alone(tmp_path / "a", what="writing a"):
        (tmp_path / ".a.lock").unlink()
        with alone(tmp_path / "a", what="writing a"):
            pass
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_lock_file_stands_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / ".a.lock").write_bytes(b"\xff{")
    with alone(tmp_path / "a", what="writing a"):
        pass


def test_what_a_kill_left_half_written_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    ended(started(HALF, path), kill=True)
    assert [each.name for each in tmp_path.iterdir()] == [".out.jsonl.half"]
    write_text(path, "x")
    assert [(each.name, each.read_text(encoding="utf-8")) for each in tmp_path.iterdir()] == [("out.jsonl", "x")]


def test_a_file_that_another_process_is_writing_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    other = started(HALF, path)
    write_text(path, "mine")
    assert (tmp_path / ".out.jsonl.half").read_bytes() == b"half"
    assert path.read_text(encoding="utf-8") == "mine"
    ended(other, kill=False)
    assert path.read_text(encoding="utf-8") == "half"
    assert [each.name for each in tmp_path.iterdir()] == ["out.jsonl"]


def test_what_was_left_is_no_way_to_write_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept", encoding="utf-8")
    (tmp_path / ".out.half").symlink_to(tmp_path / "precious")
    with pytest.raises(InputError, match="cannot be written"):
        write_text(tmp_path / "out", "x")
    assert (tmp_path / "precious").read_text(encoding="utf-8") == "kept"


def test_without_locks_every_writer_has_a_name_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.core.files.try_lock", lambda descriptor: None)
    with replacing(tmp_path / "out") as one, replacing(tmp_path / "out") as other:
        one.write(b"one")
        other.write(b"other")
    assert (tmp_path / "out").read_bytes() == b"one"


def fill(path: Path, *, then: type[Exception] | None = None) -> None:
    with making_database(path) as base:
        base.execute("create table t (x)")
        base.execute("insert into t values (7)")
        if then:
            raise then


def test_a_database_takes_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.sqlite"
    with pytest.raises(KeyError):
        fill(path, then=KeyError)
    assert list(tmp_path.iterdir()) == []
    fill(path)
    assert [each.name for each in tmp_path.iterdir()] == ["out.sqlite"]
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("select x from t").fetchall() == [(7,)]


def test_the_name_of_what_is_being_made_is_beside_its_place(tmp_path: Path) -> None:
    with making(tmp_path / "a b.txt") as half:
        assert half == tmp_path / ".a b.txt.half"
        half.write_text("x", encoding="utf-8")
    assert (tmp_path / "a b.txt").read_text(encoding="utf-8") == "x"
