"""Backups of files: what is in them and what is not, and archives that somebody else made."""

import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from workbench.cli.app import workbench
from workbench.core.errors import InputError
from workbench.core.workspace import Workspace
from workbench.keep.archive import MANIFEST, extract, writing
from workbench.keep.backup import backup, restore
from workbench.keep.contents import secrets_in

SECRET = "hunter2-hunter2-hunter2"


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    """A workspace with secrets where they belong, and things that a backup leaves out."""
    here = Workspace(tmp_path / "one")
    files = {
        "annotations/gold.jsonl": '{"id":"b","text":"x","spans":[]}\n',
        "annotations/snapshots/gold/2024-05-08-0123456789abcdef.jsonl": "{}\n",
        "annotations/.hidden": SECRET,
        "models/first/workbench.json": "{}",
        "models/.second/part": "half a model",
        "workbench.toml": 'project = "May"\n',
        "raw.txt": "not kept",
        ".workbench/model.json": '{"folder": "models/first"}\n',
        ".workbench/studio/accounts.json": SECRET,
        ".workbench/serve/credentials.json": SECRET,
    }
    for name, text in files.items():
        (here.root / name).parent.mkdir(parents=True, exist_ok=True)
        (here.root / name).write_text(text, encoding="utf-8")
    with closing(sqlite3.connect(here.state / "history.sqlite3")) as base, base:
        base.execute("create table runs (x)")
        base.execute("insert into runs values (1)")
    (here.annotations / "link.jsonl").symlink_to("/etc/hostname")
    return here


def names(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        return set(tar.getnames())


def nobody(_: str) -> None:
    return None


def test_files_come_back_as_they_were_and_secrets_never_left(here: Workspace, tmp_path: Path) -> None:
    archive = tmp_path / "b.tar.gz"
    done = backup(here, archive, studio=None)
    assert done.files == 6
    assert names(archive) == {
        "files/annotations/gold.jsonl",
        "files/annotations/snapshots/gold/2024-05-08-0123456789abcdef.jsonl",
        "files/models/first/workbench.json",
        "files/workbench.toml",
        "files/state/model.json",
        "files/state/history.sqlite3",
        MANIFEST,
    }
    with tarfile.open(archive) as tar:
        assert all(SECRET.encode() not in (tar.extractfile(m) or io.BytesIO()).read() for m in tar.getmembers())
        assert {(m.uid, m.uname, m.mode) for m in tar.getmembers()} == {(0, "", 0o644)}
    assert archive.stat().st_mode & 0o777 == 0o600
    other = Workspace(tmp_path / "two")
    other.root.mkdir()
    back = restore(other, archive, studio=None, person=nobody)
    assert (back.written, back.same) == (6, 0)
    for name in ("annotations/gold.jsonl", "models/first/workbench.json", "workbench.toml", ".workbench/model.json"):
        assert (other.root / name).read_bytes() == (here.root / name).read_bytes()
    with closing(sqlite3.connect(other.state / "history.sqlite3")) as base:
        assert base.execute("select x from runs").fetchall() == [(1,)]
    assert restore(other, archive, studio=None, person=nobody).same == 6
    assert [path.name for path in other.state.iterdir() if "restor" in path.name] == []


def test_what_is_there_is_never_overwritten(here: Workspace, tmp_path: Path) -> None:
    archive = tmp_path / "b.tar.gz"
    backup(here, archive, studio=None)
    other = Workspace(tmp_path / "two")
    other.annotations.mkdir(parents=True)
    (other.annotations / "gold.jsonl").write_text("mine\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"gold\.jsonl is there already and is another one"):
        restore(other, archive, studio=None, person=nobody)
    assert [path.name for path in other.root.rglob("*") if path.is_file()] == ["gold.jsonl"]


def test_settings_with_a_secret_stay_at_home(here: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = here.root / "workbench.toml"
    settings.write_text(f'max_tokens = 5\n[llm]\napi_key = "{SECRET}"\nurl = "https://x.org/a@b:c"\n', encoding="utf-8")
    assert secrets_in(settings) == ["llm.api_key"]
    settings.write_text(f'project = "May"\n[assist]\nurl = "https://me:{SECRET}@llm.org"\n', encoding="utf-8")
    monkeypatch.chdir(here.root)
    done = CliRunner().invoke(workbench, ["backup", str(tmp_path / "b.tar.gz"), "--no-projects"])
    assert done.exit_code == 0, done.output
    assert "workbench.toml is left out: assist.url looks like a secret" in done.stderr
    assert "files/workbench.toml" not in names(tmp_path / "b.tar.gz")


def made(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member, data in members:
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    "info",
    [
        member("../outside"),
        member("/outside"),
        member("files/../../outside"),
        member("files/link", tarfile.SYMTYPE, "/etc/passwd"),
        member("files/hard", tarfile.LNKTYPE, "/etc/passwd"),
        member("files/pipe", tarfile.FIFOTYPE),
        member("files/device", tarfile.CHRTYPE),
        member("files\\..\\outside"),
        member("c:/outside"),
    ],
)
def test_a_name_that_leads_out_is_refused_and_nothing_written_outside(tmp_path: Path, info: tarfile.TarInfo) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    archive = made(tmp_path / "b.tar.gz", (info, b""))
    with pytest.raises(InputError, match="no plain file within it"):
        extract(archive, folder)
    assert {path.name for path in tmp_path.rglob("*")} == {"in", "b.tar.gz"}


def repack(source: Path, target: Path, change: Callable[[str, bytes], list[tuple[str, bytes]]]) -> Path:
    with tarfile.open(source) as tar:
        items = [(m.name, (tar.extractfile(m) or io.BytesIO()).read()) for m in tar.getmembers()]
    return made(target, *((member(name), data) for old in items for name, data in change(*old)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda name, data: [(name, data.replace(b"b", b"c") if name.endswith("gold.jsonl") else data)], "was changed"),
        (lambda name, data: [] if name.endswith("gold.jsonl") else [(name, data)], "was changed"),
        (
            lambda name, data: [(name, data), ("files/more", b"x")] if name == MANIFEST else [(name, data)],
            "was changed",
        ),
        (lambda name, data: [(name, data)] * 2 if name == MANIFEST else [(name, data)], "twice"),
        (lambda name, data: [] if name == MANIFEST else [(name, data)], "holds no backup.json"),
        (lambda name, data: [(name, b"[]" if name == MANIFEST else data)], "holds no backup.json"),
        (lambda name, data: [(name, data.replace(b'"format": 1', b'"format": 9'))], "of the form 9"),
    ],
)
def test_a_changed_archive_is_refused(
    here: Workspace, tmp_path: Path, change: Callable[[str, bytes], list[tuple[str, bytes]]], said: str
) -> None:
    good = tmp_path / "good.tar.gz"
    backup(here, good, studio=None)
    other = Workspace(tmp_path / "two")
    other.root.mkdir()
    with pytest.raises(InputError, match=said):
        restore(other, repack(good, tmp_path / "bad.tar.gz", change), studio=None, person=nobody)
    assert [path for path in other.root.rglob("*") if path.is_file()] == []


@given(place=st.floats(0, 0.999), kind=st.sampled_from(["cut", "flip"]))
def test_damaged_bytes_never_pass(tmp_path_factory: pytest.TempPathFactory, place: float, kind: str) -> None:
    folder = tmp_path_factory.mktemp("damage")
    archive = folder / "b.tar.gz"
    with writing(archive, {}) as writer:
        writer.add_text("files/a", "bulletin " * 50)
    data = bytearray(archive.read_bytes())
    at = int(place * len(data))
    if kind == "flip":
        data[at] ^= 0x10
    archive.write_bytes(bytes(data[: at if kind == "cut" else None]))
    out = folder / "out"
    out.mkdir()
    try:
        extract(archive, out)
    except InputError:
        return
    # A few bytes of the gzip header (time, system) mean nothing; then the content has to be the same.
    assert (out / "files" / "a").read_text(encoding="utf-8") == "bulletin " * 50


def test_a_backup_that_fails_leaves_the_older_one(
    here: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "b.tar.gz"
    backup(here, archive, studio=None)
    before = archive.read_bytes()
    (here.state / "history.sqlite3").write_bytes(b"no database" * 500)
    with pytest.raises(InputError, match="damaged"):
        backup(here, archive, studio=None)
    assert archive.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["one", "b.tar.gz"] or len(list(tmp_path.iterdir())) == 2


def test_the_command_answers_machines(here: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here.root)
    done = CliRunner().invoke(workbench, ["backup", str(tmp_path / "b.tar.gz"), "--no-projects", "--json"])
    assert json.loads(done.stdout)["files"] == 6
    assert CliRunner().invoke(workbench, ["backup", "b.zip"]).exit_code == 2
    (tmp_path / "two").mkdir()
    monkeypatch.chdir(tmp_path / "two")
    done = CliRunner().invoke(workbench, ["restore", str(tmp_path / "b.tar.gz"), "--no-projects", "--json"])
    assert json.loads(done.stdout) == {"written": 6, "same": 0, "projects": []}
