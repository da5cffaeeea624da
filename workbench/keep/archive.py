"""A .tar.gz of named files with the hash of each, written whole, and read without trusting a name in it.

Its last member, MANIFEST, is a JSON object: what the archive is, and SHA-256 and size of every other member.
"""

import hashlib
import io
import json
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from workbench.core.errors import InputError
from workbench.core.files import replacing
from workbench.core.parse import json_value

MANIFEST = "backup.json"
FORMAT = 1
_PIECE = 1 << 20


@dataclass
class Writer:
    """Adds members to an archive that is being written."""

    tar: tarfile.TarFile
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, name: str, path: Path) -> None:
        """A file under a name. Raises InputError where it cannot be read, or changes meanwhile."""
        size = path.stat().st_size
        digest = hashlib.sha256()
        with path.open("rb") as file:
            try:
                self.tar.addfile(_member(name, size, int(path.stat().st_mtime)), _Hashing(file, digest))
            except OSError as error:
                raise InputError(f"{path} could not be added ({error}); was it changed meanwhile? Try again") from None
        self.files[name] = {"sha256": digest.hexdigest(), "size": size}

    def add_text(self, name: str, text: str) -> None:
        """A text under a name."""
        data = text.encode("utf-8", "surrogatepass")
        self.tar.addfile(_member(name, len(data), 0), io.BytesIO(data))
        self.files[name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


@contextmanager
def writing(path: Path, about: Mapping[str, Any]) -> Iterator[Writer]:
    """The Writer of an archive that takes its name only when the block has ended well; `about` goes into MANIFEST."""
    with replacing(path, mode=0o600) as file, tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
        writer = Writer(tar)
        yield writer
        manifest = {"format": FORMAT, **about, "files": dict(writer.files)}
        writer.add_text(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")


def extract(path: Path, folder: Path) -> dict[str, Any]:
    """Unpacks an archive into an empty folder and returns its MANIFEST, every file checked against its hash.

    Raises InputError for a name that leads out of the folder, anything but plain files, a missing, additional or
    changed one, and for more than the disk has room for.
    """
    room = shutil.disk_usage(folder).free
    try:
        with tarfile.open(path, mode="r:gz") as tar:
            found = {}
            for member in tar:
                name = _safe(member, path)
                room -= member.size
                if room < 0:
                    raise InputError(f"{path} holds more than {folder} has room for; free some space first")
                if name in found:
                    raise InputError(f"{path} holds {name} twice; it is no backup that the workbench wrote")
                found[name] = _write(tar, member, folder / name)
    except FileNotFoundError:
        raise InputError(f"{path} is not there; check the path") from None
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise InputError(f"{path} is damaged or no backup ({error}); take another copy of it") from None
    return _checked(path, folder, found)


def _checked(path: Path, folder: Path, found: dict[str, str]) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json_value((folder / MANIFEST).read_text(encoding="utf-8"))
        expected = {str(name): str(row["sha256"]) for name, row in manifest["files"].items()}
        form = int(manifest["format"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise InputError(f"{path} holds no {MANIFEST} that can be read; it is no backup, or was cut short") from None
    if form != FORMAT:
        raise InputError(f"{path} is a backup of the form {form}; this version reads {FORMAT}: use the newer workbench")
    there = {name: digest for name, digest in found.items() if name != MANIFEST}
    wrong = sorted(name for name in expected.keys() | there.keys() if expected.get(name) != there.get(name))
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise InputError(
            f"{path} was changed or damaged: {wrong[0]}{more} is not what was kept; take another copy of it"
        )
    return manifest


def _safe(member: tarfile.TarInfo, path: Path) -> str:
    """The name of a plain file that stays within the folder."""
    parts = PurePosixPath(member.name).parts
    good = member.isreg() and parts and not member.name.startswith("/") and ".." not in parts
    if not good or "\\" in member.name or ":" in parts[0] or "\0" in member.name:
        raise InputError(f"{path} holds {member.name[:80]!r}, which is no plain file within it; it was not unpacked")
    return PurePosixPath(*parts).as_posix()


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> str:
    """Writes a member and returns its SHA-256."""
    source, digest = tar.extractfile(member), hashlib.sha256()
    assert source is not None  # noqa: S101 - a plain file has content
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        while piece := source.read(_PIECE):
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _member(name: str, size: int, modified: int) -> tarfile.TarInfo:
    """Without user, group or permissions of this machine."""
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, modified, 0o644
    return member


class _Hashing(io.RawIOBase):
    """Reads a file and hashes what was read."""

    def __init__(self, file: IO[bytes], digest: Any) -> None:
        self._file, self._digest = file, digest

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        piece = self._file.read(size)
        self._digest.update(piece)
        return piece
