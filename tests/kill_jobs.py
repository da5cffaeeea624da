"""The jobs that need no server of labels: prelabel, train, assist (asking a scripted model) and records."""

import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.assist_help import Say, Scripted, completion, scripted, spans
from tests.kill_help import Place, files_of
from tests.train_help import make_small_encoder
from workbench.core.corpus import Annotation, Entry, dump_row, load_corpus
from workbench.core.span import Span
from workbench.core.workspace import packaged


def bulletins(count: int, *, labelled: bool = False) -> list[Entry]:
    """Short bulletins of the project's own corpus, with or without their labels."""
    entries = [each for each in load_corpus(packaged("annotations/corpus.jsonl")) if len(each.document.text) < 900]
    return [each if labelled else Entry(each.document) for each in entries[:count]]


def write(path: Path, entries: Sequence[Entry]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{dump_row(each)}\n" for each in entries), encoding="utf-8")


def somebodys(path: Path) -> None:
    """A file that a person labelled, in the way of what the command writes: it must be kept."""
    entry = bulletins(1)[0]
    write(path, [replace(entry, annotation=Annotation((Span(0, 3, "TARGET"),), author="anna"))])


@dataclass(frozen=True)
class Prelabel:
    """The starter model over 40 bulletins, of which two rows are broken, in chunks of 8."""

    name: str = "prelabel"

    def variant(self, number: int) -> int:
        return 0

    def prepare(self, place: Place) -> list[str]:
        lines = [dump_row(each) for each in bulletins(40)]
        lines[9], lines[21] = '{"id": "half', '{"id": "no-text"}'
        (place.folder / "new.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        somebodys(place.folder / "out.jsonl")
        return ["prelabel", "new.jsonl", "--model", str(packaged("models/starter").resolve()), "-o", "out.jsonl"]

    def result(self, place: Place) -> Counter[Any]:
        return files_of(place.folder)


@dataclass(frozen=True)
class Train:
    """Two epochs of a tiny encoder on 24 bulletins, then once more on all of them, over an older model."""

    shared: Path
    name: str = "train"

    def variant(self, number: int) -> int:
        return 0

    def prepare(self, place: Place) -> list[str]:
        encoder = self.shared / "encoder"
        if not encoder.exists():
            encoder.mkdir()
            make_small_encoder(encoder)
        write(place.folder / "few.jsonl", bulletins(24, labelled=True))
        older = place.folder / "models" / "few"
        older.mkdir(parents=True)
        for name in ("workbench.json", "tokenizer.json", "settings.json"):
            shutil.copy(packaged("models/starter") / name, older)
        settings = ("start=none", "epochs=2", "window=100", "overlap=20", "faster=none")
        command = ["train", "--train", "few.jsonl", "-o", "models/few", "--encoder", str(encoder)]
        return [*command, *(f"--set={setting}" for setting in settings)]

    def result(self, place: Place) -> Counter[Any]:
        # Every folder of deeds has another number where a stopped one was taken up again; what it holds is the same.
        found = files_of(place.folder, without=(".workbench/undo",))
        for deed in (place.folder / ".workbench" / "undo").glob("*"):
            found += Counter({(f"undo/{name}", what): n for (name, what), n in files_of(deed / "folder").items()})
        return found


@dataclass
class Assist:
    """24 bulletins through a chat server that answers each the same way every time, in some 30 ms."""

    name: str = "assist"
    asked: Counter[str] = field(default_factory=Counter)
    server: Scripted | None = None

    def variant(self, number: int) -> int:
        return 0

    @contextmanager
    def answering(self) -> Iterator[None]:
        with scripted(self._answer) as self.server:
            yield

    def prepare(self, place: Place) -> list[str]:
        assert self.server is not None
        write(place.folder / "new.jsonl", bulletins(24))
        somebodys(place.folder / "out.jsonl")
        where = ["--url", self.server.url, "--llm", "scripted", "--shots", "0"]
        return ["assist", "new.jsonl", "-o", "out.jsonl", *where]

    def result(self, place: Place) -> Counter[Any]:
        return files_of(place.folder)

    def _answer(self, asked: dict[str, Any], number: int) -> Say:
        del number
        question = str(asked["messages"][-1]["content"])
        self.asked[question] += 1
        time.sleep(0.03)
        words = [word for word in question.split() if word.isalpha() and len(word) > 6]
        return completion(spans(*(("TARGET", word) for word in words[-3:])))


@dataclass(frozen=True)
class Records:
    """Event records of 40 labelled bulletins in all five forms; of variant 1 the gazetteer is built on the way."""

    shared: Path
    name: str = "records"

    def variant(self, number: int) -> int:
        return int(number % 12 == 5)

    def prepare(self, place: Place) -> list[str]:
        write(place.folder / "gold.jsonl", bulletins(40, labelled=True))
        if place.variant != 1:
            self._gazetteer(place.folder / ".workbench")
        outputs = [f"out.{form}" for form in ("jsonl", "csv", "parquet", "sqlite", "geojson")]
        return ["records", "gold.jsonl", *(word for name in outputs for word in ("-o", name))]

    def result(self, place: Place) -> Counter[Any]:
        return files_of(place.folder)

    def _gazetteer(self, state: Path) -> None:
        """The one that was built once for all, in the clone's own workspace."""
        from workbench.core.workspace import Workspace
        from workbench.record.run import load_tools

        kept = Path(__file__).parents[1] / ".workbench"
        load_tools(Workspace(self.shared).schema(), cache=kept)
        state.mkdir()
        for built in kept.glob("gazetteer-*.sqlite"):
            shutil.copy(built, state)
