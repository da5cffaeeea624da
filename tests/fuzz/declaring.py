"""Targets: the files that people write by hand (schema, rules, policies, parties, places, edits, plans, settings) and
the manifest of a model."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from fuzz import seeds
from fuzz.mutate import ODD, damaged, damaged_json
from fuzz.run import Target, Try
from workbench.core.relabelling import load_relabelling
from workbench.core.schema import load_schema, schema_from_table, schema_table
from workbench.core.workspace import Workspace, packaged
from workbench.figure.policy import load_policy
from workbench.record.edits import load_edits
from workbench.record.gazetteer_build import read_extra
from workbench.record.parties import load_parties
from workbench.record.run import country_words
from workbench.studio.labeling import differences, labeling_config
from workbench.tag.model import read_manifest
from workbench.tag.rules import load_rules

_EDITS = '[[merge]]\nincidents = ["i-1", "i-2", "i-3"]\n\n[[apart]]\nincidents = ["i-3", "i-4"]\n'
_PLAN = (
    '[rename]\nFIGURE_OTHER = "FIGURE_MISC"\n[merge]\nEVENT_ARMED = ["EVENT_ATTACK", "EVENT_CLASH"]\n'
    '[[split.FIGURE_CASUALTY]]\nlabel = "FIGURE_DEAD"\npattern = "dead|died"\n[[split.FIGURE_CASUALTY]]\n'
    'label = "FIGURE_HURT"\n'
)
_CHOICES = (
    'name = "small"\nversion = 2\n[[labels]]\nname = "EVENT_ATTACK"\ngroup = "event"\ncolor = "#d62728"\nhotkey = "a"\n'
    '[[labels]]\nname = "FIGURE_KILLED"\ngroup = "figure"\ncounts = "killed"\n[[relations]]\nname = "figure_of"\n'
    'from = ["figure"]\nto = ["event"]\n[[choices]]\nname = "certainty"\nof = ["event"]\nvalues = ["said", "shown"]\n'
    'required = true\nseveral = false\ndescription = "How sure?"\n'
)
# What may stand behind an equals sign.
_VALUES = (
    '""', '"x"', "'''a\nb'''", "0", "-1", "1e999", "nan", "inf", "true", "[]", "[1]", '["a", 1]', "[[]]", "{}",
    "{a = 1}", "2024-05-08", "2024-02-30", "07:32:00", "2024-05-08T07:32:00Z", "0x" + "f" * 5000, "9" * 5000,
    "9" * 400, "[" * 900 + "]" * 900, "[" * 5000, '"\\ud800"', '"\\u0000"', '"' + "x" * 5000 + '"', '"(a+)+$"', '"("',
    '"AF.01"', '"event"', "{" * 2000,
)  # fmt: skip


def targets() -> Iterator[Target]:
    """All of this module."""
    for name, given, attempt in (
        ("schema", [seeds.file_text("schema.toml"), _CHOICES, _CHOICES], _schema),
        ("rules", [seeds.file_text("rules.toml")], _rules),
        ("policies", [seeds.file_text(f"policies/{name}.toml") for name in ("acled", "isaf")], load_policy),
        ("party files", [seeds.file_text("parties.toml")], _party_file),
        ("place files", [seeds.file_text("places.toml")], _place_file),
        ("edits", [_EDITS], load_edits),
        ("plans", [_PLAN], load_relabelling),
        ("settings", ['schema = "a.toml"\n[llm]\nurl = "http://127.0.0.1/v1"\nmodel = "m"\n'], _settings),
    ):
        yield Target(name, 12, _toml(given), _file(attempt))
    yield Target("manifests", 12, _manifest, _model)


def _toml(given: list[str]) -> Callable[[random.Random], bytes]:
    seeds_of_bytes = [text.encode() for text in given]

    def make(rng: random.Random) -> bytes:
        if rng.random() < 0.3:
            return damaged(rng, seeds_of_bytes)
        lines = rng.choice(given).split("\n")
        for _ in range(rng.choice((1, 1, 2, 4))):
            place = rng.randrange(len(lines))
            key, sign, _ = lines[place].partition("=")
            chance = rng.random()
            if sign and chance < 0.7:
                lines[place] = f"{key}= {rng.choice(_VALUES)}"
            elif chance < 0.8:
                lines.insert(place, rng.choice(lines))
            elif chance < 0.9:
                lines[place] = lines[place].replace("[[", "[").replace("]]", "]") + rng.choice(("", rng.choice(ODD)))
            else:
                del lines[place]
                lines = lines or [""]
        return "\n".join(lines).encode("utf-8", "surrogatepass")

    return make


def _file(attempt: Callable[[Path], object]) -> Callable[[Path], Try]:
    def begin(folder: Path) -> Try:
        path = folder / "workbench.toml"

        def write_and_read(data: bytes) -> None:
            path.write_bytes(data)
            attempt(path)

        return write_and_read

    return begin


def _schema(path: Path) -> None:
    schema = load_schema(path)
    assert schema_from_table(schema_table(schema)) == schema, "the schema changes on the way through a table"
    grave = [each.message for each in differences(labeling_config(schema), schema, where="the page") if each.grave]
    assert not grave, grave


def _rules(path: Path) -> None:
    load_rules(path, seeds.schema())


def _party_file(path: Path) -> None:
    load_parties(path).resolve("the Afghan police")


def _place_file(path: Path) -> None:
    read_extra(path)
    country_words(path)


def _settings(path: Path) -> None:
    workspace = Workspace(path.parent)
    workspace.schema_path()
    from workbench.keep.contents import secrets_in

    secrets_in(path)


def _manifest(rng: random.Random) -> bytes:
    return damaged_json(rng, [packaged("models/starter/workbench.json").read_text(encoding="utf-8")])


def _model(folder: Path) -> Try:
    path = folder / "workbench.json"

    def attempt(data: bytes) -> None:
        path.write_bytes(data)
        assert read_manifest(folder).version, "a model without a version"

    return attempt
