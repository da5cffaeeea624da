"""The rooms of the package in the order of their layers, and the targets of the Makefile."""

import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

_CLONE = Path(__file__).parents[2]


def rooms() -> Iterator[str]:
    """A table of the rooms from the lowest layer up, each with its own first sentence."""
    with (_CLONE / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    yield "| layer | room | what happens there |"
    yield "|---|---|---|"
    for number, layer in enumerate(reversed(layers)):
        for name in layer.split(" | "):
            said = (import_module(name.strip()).__doc__ or "").strip().splitlines()[0]
            yield f"| {number} | `{name.strip().replace('.', '/')}` | {said} |"


def targets() -> Iterator[str]:
    """A table of the Makefile's targets."""
    yield "| command | does |"
    yield "|---|---|"
    for found in re.finditer(r"(?m)^([a-z0-9-]+):.*?## (.*)$", (_CLONE / "Makefile").read_text(encoding="utf-8")):
        yield f"| `make {found[1]}` | {found[2].replace('|', chr(92) + '|')} |"
