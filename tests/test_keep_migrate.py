"""Labels changed in schema, rules and corpora: previewed, completed after a stop at any point, undone to the byte."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.app import workbench
from workbench.core.corpus import load_corpus
from workbench.core.errors import InputError
from workbench.core.relabelling import Part, relabelling
from workbench.core.schema import load_schema
from workbench.core.workspace import Workspace
from workbench.keep.journal import BEGUN, DONE, UNDONE, journals
from workbench.keep.migrate import last, migrate, undo, wanted

SCHEMA = """# What we look for.
name = "small"

[[labels]]
name = "WEAPON"  # what was used
group = "means"
hotkey = "w"

[[labels]]
name = "ATTACK"
group = "event"

[[labels]]
name = "CLASH"
group = "event"

[[labels]]
name = "NUMBER"
group = "figure"

[[relations]]
name = "used_in"
from = ["WEAPON"]
to = ["ATTACK", "CLASH"]

[[choices]]
name = "sure"
of = ["figure", "WEAPON"]
values = ["yes", "no"]
"""
RULES = '[[rules]]\nlabel = "WEAPON"\nwords = ["bomb"]\n\n[[rules]]\nlabel = "NUMBER"\npattern = "[0-9]+"\n'
ROWS = (
    '{"id":"a","text":"A bomb hit 40 rupees.","spans":[[2,6,"WEAPON"],[11,20,"NUMBER"]],'
    '"annotators":{"x":[[2,6,"WEAPON"]]}}\n'
    '{"id":"b",  "text":"Talks were held.", "spans": []}\n'
    '{"id":"c","text":"A clash.","spans":[[2,7,"CLASH"]],"origin":"human"}\n'
)
CHANGE = relabelling(
    renames={"WEAPON": "MEANS"},
    merges={"ARMED": ["ATTACK", "CLASH"]},
    splits={"NUMBER": [Part("MONEY", "rupees"), Part("COUNT")]},
)


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    folder = tmp_path / "annotations"
    folder.mkdir()
    (folder / "schema.toml").write_text(SCHEMA, encoding="utf-8")
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    (folder / "gold.jsonl").write_text(ROWS, encoding="utf-8")
    (folder / "other.jsonl").write_text('{"id":"z","text":"No labels here."}\n', encoding="utf-8")
    return Workspace(tmp_path)


def contents(here: Workspace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in here.annotations.iterdir() if path.is_file()}


def test_everything_changes_at_once_and_what_has_no_such_label_keeps_its_bytes(here: Workspace) -> None:
    before = contents(here)
    done = migrate(here, wanted(here, CHANGE), None)
    assert [each.path for each in done.plan.files] == [
        f"annotations/{x}" for x in ("schema.toml", "rules.toml", "gold.jsonl")
    ]
    schema = load_schema(here.annotations / "schema.toml")
    assert schema.names == ("MEANS", "ARMED", "MONEY", "COUNT")
    assert (schema["MEANS"].hotkey, schema["COUNT"].group, schema.version) == ("w", "figure", 2)
    assert (schema.relations[0].source, schema.relations[0].target) == (("MEANS",), ("ARMED",))
    assert schema.choices[0].of == ("figure", "MEANS")
    text = (here.annotations / "schema.toml").read_text(encoding="utf-8")
    assert "# What we look for." in text
    assert "# what was used" in text
    first, _, third = load_corpus(here.annotations / "gold.jsonl")
    assert [(s.start, s.end, s.label) for s in first.spans] == [(2, 6, "MEANS"), (11, 20, "MONEY")]
    assert first.document.fields["annotators"] == {"x": [[2, 6, "MEANS"]]}
    assert third.spans[0].label == "ARMED"
    after = contents(here)
    assert after["gold.jsonl"].splitlines()[1] == before["gold.jsonl"].splitlines()[1]
    assert after["other.jsonl"] == before["other.jsonl"]
    assert 'label = "MEANS"' in after["rules.toml"].decode()
    assert 'label = "MONEY"' in after["rules.toml"].decode()


def test_undo_brings_every_byte_back_and_a_diff_shows_what_there_was(here: Workspace) -> None:
    before = contents(here)
    migrate(here, wanted(here, CHANGE), None)
    kept = here.snapshots.of("gold")
    assert [each.why for each in kept] == ["before migrate", "migrate"]
    assert here.snapshots.path(kept[0]).read_bytes() == before["gold.jsonl"]
    undo(here, last(here), None)
    assert contents(here) == before
    assert [journal.state for journal in journals(here)] == [UNDONE]
    with pytest.raises(InputError, match="left to undo"):
        last(here)


def test_a_schema_of_the_package_becomes_the_workspaces_own_and_goes_again(tmp_path: Path) -> None:
    here = Workspace(tmp_path)
    migrate(here, wanted(here, relabelling(renames={"WEAPON": "MEANS"})), None)
    assert "MEANS" in here.schema()
    undo(here, last(here), None)
    assert not (tmp_path / "annotations" / "schema.toml").exists()
    assert "WEAPON" in here.schema()


class Killed(BaseException):
    """What a kill looks like from within: nothing cleans up after it."""


@pytest.mark.parametrize("going_back", [False, True])
def test_a_stop_before_any_write_is_completed_by_the_same_command(
    here: Workspace, monkeypatch: pytest.MonkeyPatch, going_back: bool
) -> None:
    before = contents(here)
    asked = wanted(here, CHANGE)
    if going_back:
        migrate(here, asked, None)
    real, stops = Path.replace, 0

    def counted(limit: int) -> None:
        calls = 0

        def replace(self: Path, target: Path) -> Path:
            nonlocal calls
            calls += 1
            if calls == limit:
                raise Killed
            return real(self, target)

        monkeypatch.setattr(Path, "replace", replace)

    for limit in range(1, 60):
        counted(limit)
        try:
            undo(here, last(here), None) if going_back else migrate(here, asked, None)
            finished = True
        except Killed:
            finished = False
            stops += 1
        monkeypatch.setattr(Path, "replace", real)
        if finished:
            break
        # The same command again, undisturbed; then back to where this round began.
        undo(here, last(here), None) if going_back else migrate(here, asked, None)
        assert (contents(here) == before) is going_back
        migrate(here, asked, None) if going_back else undo(here, last(here), None)
        assert (contents(here) == before) is not going_back
    assert stops >= 5


def test_another_change_waits_for_the_one_that_was_stopped(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.keep.migrate.put_in_place", lambda *_: (_ for _ in ()).throw(Killed))
    with pytest.raises(Killed):
        migrate(here, wanted(here, CHANGE), None)
    monkeypatch.undo()
    assert [journal.state for journal in journals(here)] == [BEGUN]
    with pytest.raises(InputError, match="stopped before its end"):
        migrate(here, wanted(here, relabelling(renames={"CLASH": "FIGHT"})), None)
    assert migrate(here, wanted(here, CHANGE), None).completed
    assert [journal.state for journal in journals(here)] == [DONE]


def test_what_was_edited_since_is_kept_before_it_is_put_back(here: Workspace) -> None:
    before = contents(here)
    migrate(here, wanted(here, CHANGE), None)
    gold = here.annotations / "gold.jsonl"
    gold.write_text(
        gold.read_text(encoding="utf-8") + '{"id":"new","text":"A clash.  ","spans":[]}\n', encoding="utf-8"
    )
    edited = gold.read_bytes()
    undo(here, last(here), None)
    assert contents(here) == before
    assert here.snapshots.path(here.snapshots.of("gold")[-1]).read_bytes() == edited


def test_the_command_previews_asks_and_undoes(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here.root)
    before = contents(here)
    run = CliRunner().invoke
    change = ["migrate", "--rename", "WEAPON=MEANS", "--split", "NUMBER=MONEY:dollars", "--split", "NUMBER=COUNT:x"]
    shown = run(workbench, [*change, "--dry-run", "--json"])
    assert shown.exit_code == 0, shown.output
    value = json.loads(shown.stdout)
    assert value["files"] == [
        {"file": "gold.jsonl", "from": "NUMBER", "to": "MONEY", "spans": 1},
        {"file": "gold.jsonl", "from": "WEAPON", "to": "MEANS", "spans": 1},
    ]
    assert list(value["review"].values()) == [{"NUMBER": 1}]
    # Nobody is there to be asked: nothing is done.
    assert run(workbench, change).exit_code == 2
    assert contents(here) == before
    assert not (here.state / "migrations").exists()
    done = run(workbench, [*change, "--yes", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["state"] == "done"
    assert load_corpus(here.annotations / "gold.jsonl")[0].document.fields["review"] == [
        {"start": 11, "end": 20, "was": "NUMBER"}
    ]
    assert run(workbench, ["migrate", "--undo", "--yes"]).exit_code == 0
    assert contents(here) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--rename", "NONE=X"], "has no label 'NONE'"),
        (["--rename", "WEAPON=CLASH"], "--merge WEAPON,CLASH=CLASH"),
        (["--rename", "WEAPON"], "expected OLD=NEW"),
        ([], "name the change"),
        (["--rename", "WEAPON=9 lives"], "a label is named '9 lives'"),
    ],
)
def test_wrong_changes_are_one_sentence(
    here: Workspace, monkeypatch: pytest.MonkeyPatch, change: list[str], said: str
) -> None:
    monkeypatch.chdir(here.root)
    done = CliRunner().invoke(workbench, ["migrate", "--dry-run", *change])
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)
