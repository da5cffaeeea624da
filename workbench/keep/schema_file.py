"""The text of a schema file, and of the rules beside it, under new labels; comments and order stay."""

import re
import tomllib
from typing import Any

from workbench.core.errors import SchemaError
from workbench.core.relabelling import Relabelling
from workbench.core.schema import Schema, schema_from_table

_BLANKS = re.compile(r"(?<!\n)\n{3,}\[")


def relabel_schema(text: str, change: Relabelling, *, name: str) -> tuple[str, Schema]:
    """The text of a schema file after the change, and the schema that it says.

    A label keeps its group, colour, hotkey and description under its new name; of merged ones the first does, of the
    parts of a split the first new one. The others get the group alone. The version grows by one.
    Raises SchemaError for a label that the schema does not have, or a new name that it has already.
    """
    import tomlkit

    document: Any = tomlkit.parse(text)
    old = [str(item["name"]) for item in document["labels"]]
    _check(old, change, name)
    tables, labels = {str(item["name"]): item for item in document["labels"]}, tomlkit.aot()
    taken = {wanted for wanted in change.names(old) if wanted in old}
    for wanted in change.names(old):
        labels.append(tables[wanted] if wanted in old else _label(wanted, tables, change.sources(wanted, old), taken))
    document["labels"] = labels
    for table, keys in (("relations", ("from", "to")), ("choices", ("of",))):
        for item in document.get(table, []):
            for key in keys:
                if key in item and change.names(item[key]) != tuple(item[key]):
                    item[key] = list(change.names(item[key]))
    document["version"] = int(document.get("version", 1)) + 1
    # Tables that were put together anew get a second blank line between them.
    changed = _BLANKS.sub("\n\n[", tomlkit.dumps(document))
    return changed, schema_from_table(tomllib.loads(changed), name=name)


def relabel_rules(text: str, change: Relabelling) -> tuple[str, int]:
    """The text of a rules file after the change, and how many of its rules have a label that was split.

    Those get the likeliest part's label: a person should look at them.
    """
    import tomlkit

    document: Any = tomlkit.parse(text)
    split = 0
    for rule in document.get("rules", []):
        targets = change.targets(str(rule.get("label")))
        split += len(targets) > 1
        if rule.get("label") not in targets:
            rule["label"] = targets[0]
    return tomlkit.dumps(document), split


def _label(wanted: str, tables: dict[str, Any], sources: tuple[str, ...], taken: set[str]) -> Any:
    """The table of a new label: the first of its sources under the new name, where no other has taken that."""
    import tomlkit

    free = next((source for source in sources if source not in taken), None)
    if free is not None:
        taken.add(free)
        table = tables[free]
        table["name"] = wanted
        return table
    made = tomlkit.table()
    made["name"] = wanted
    if "group" in tables[sources[0]]:
        made["group"] = str(tables[sources[0]]["group"])
    made["description"] = f"Split off {sources[0]}: say here what it means."
    return made


def _check(old: list[str], change: Relabelling, name: str) -> None:
    for source in change.parts:
        if source not in old:
            raise SchemaError(
                f"the schema {name} has no label {source!r} (it has {', '.join(old[:4])} …); check the name"
            )
    for source in change.parts:
        for target in change.targets(source):
            if target in old and target not in change.parts:
                raise SchemaError(
                    f"{source} is to become {target}, which the schema {name} has already; to make one of both, "
                    f"say so: --merge {source},{target}={target}"
                )
