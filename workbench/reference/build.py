"""Pages are written by hand, but for the parts between two marks, which are built from the code they describe."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from workbench.reference import commands, forms, rooms, schemas

HERE = Path(__file__).parent
_PART = re.compile(r"(?s)(<!-- built by `make docs`: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)")

PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "commands": commands.pages,
    "settings": commands.settings,
    "errors": forms.errors,
    "corpus-fields": forms.corpus_fields,
    "corpus-example": forms.corpus_example,
    "record-columns": forms.record_columns,
    "claim-fields": forms.claim_fields,
    "python-names": forms.python_names,
    "schema-keys": schemas.keys,
    "schema-labels": schemas.labels,
    "schema-relations": schemas.relations,
    "rooms": rooms.rooms,
    "targets": rooms.targets,
}


def rebuilt(page: Path) -> str:
    """The page's text with every built part as the code has it now. Raises KeyError for a part that nothing builds."""

    def part(found: re.Match[str]) -> str:
        return f"{found[1]}\n" + "\n".join(PARTS[found["name"]]()) + f"\n{found[3]}"

    return _PART.sub(part, page.read_text(encoding="utf-8"))


def parts_of(page: Path) -> list[str]:
    """The names of the page's built parts."""
    return [found["name"] for found in _PART.finditer(page.read_text(encoding="utf-8"))]
