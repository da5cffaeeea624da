"""The pages of workbench/reference say what the code is, and every command line in them is one."""

import inspect
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import click
import pytest
from console_help import blocks, commands, is_workbench, parse

import workbench
from workbench.core import corpus
from workbench.core.schema import Label
from workbench.record.table import COLUMNS
from workbench.reference import forms, schemas
from workbench.reference.build import HERE, PARTS, parts_of, rebuilt
from workbench.reference.commands import all_commands, examples

PAGES = sorted(HERE.glob("*.md"))
COMMANDS = dict(all_commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_page_is_stale(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == rebuilt(page), "run `make docs`"


def test_every_part_that_is_built_stands_on_one_page() -> None:
    assert sorted(name for page in PAGES for name in parts_of(page)) == sorted(PARTS)


def test_a_page_that_was_changed_by_hand_in_a_built_part_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- built by `make docs`: errors -->\nwas here\n<!-- end -->\nafter\n", encoding="utf-8")
    new = rebuilt(page)
    assert new.startswith("before\n<!-- built")
    assert new.endswith("```\n<!-- end -->\nafter\n")
    assert "was here" not in new
    assert "WorkbenchError" in new


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_the_index_names_every_page() -> None:
    index = (HERE / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if page.name != "README.md" and f"]({page.name})" not in index] == []


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if not isinstance(command, click.Group)])
def test_every_command_has_an_example_that_its_parser_takes(name: str) -> None:
    lines = examples(COMMANDS[name])
    assert f"\b\nExample{'s' if len(lines) > 1 else ''}:\n  workbench " in inspect.cleandoc(COMMANDS[name].help or "")
    assert any(" ".join(parse(line)) == name for line in lines)
    for line in lines:
        parse(line)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_line_of_a_page_is_one(page: Path) -> None:
    for block in blocks(page, "console"):
        for line in filter(is_workbench, commands(block)):
            parse(line)


def test_a_wrong_command_line_would_be_found() -> None:
    with pytest.raises(click.UsageError):
        parse("workbench score gold.jsonl found.jsonl --colour")
    with pytest.raises(click.UsageError):
        parse("workbench studio begin")
    with pytest.raises(click.UsageError):
        parse("workbench train -o models/x")


def test_the_described_fields_are_those_of_the_code() -> None:
    assert set(forms.FIELDS) == corpus._OF_DOCUMENT | corpus._OF_ANNOTATION
    assert set(forms.COLUMNS) == set(COLUMNS)
    assert set(forms.CLAIM) == set(forms.claim_names())
    assert set(schemas.KEYS) == {field.name for field in fields(Label)}


def test_importing_loads_none_of_the_rooms() -> None:
    script = "import sys, workbench; print([n for n in sys.modules if n.startswith('workbench.') or n == 'numpy'])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "[]"


def test_every_public_name_is_there_and_types_know_it() -> None:
    stub = Path(workbench.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    typed = re.findall(r"(?m)^from \S+ import (\w+) as \1$", stub)
    assert sorted(typed) == sorted(workbench._PUBLIC)
    for name, module in workbench._PUBLIC.items():
        assert f"from {module} import {name} as {name}" in stub
        assert (getattr(workbench, name).__doc__ or "").strip()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = workbench.nothing


@pytest.mark.slow
def test_the_python_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    [first, *_] = blocks(HERE / "python.md", "python")
    exec(compile(first, "python.md", "exec"), {})  # noqa: S102 - the project's own page
    assert 0.5 < float(capsys.readouterr().out) < 1
