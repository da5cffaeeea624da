"""Every evaluation that was recorded: one embedded SQLite file in the workspace's state folder, a row each.

A row says what was scored (data, schema), by what (model and its card, prompt, code, settings), and how it went:
the summary that `workbench score --json` prints, and the strict counts of every document and label, so that two
runs can be compared in pairs later. Rows are only ever added. A file that cannot be read is left as it is.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.parse import json_value

# The version of the tables, written into the file's header.
_VERSION = 1
_TABLE = """
create table if not exists runs (
    id integer primary key autoincrement,
    recorded text not null,
    name text not null,
    data_hash text not null,
    schema_hash text not null,
    model_hash text,
    model_card text,
    prompt_hash text,
    code_version text not null,
    settings text not null,
    labels text not null,
    groups text not null,
    summary text not null,
    counts blob not null
)
"""
_COLUMNS = (
    "recorded, name, data_hash, schema_hash, model_hash, model_card, prompt_hash, code_version, settings, labels, "
    "groups, summary, counts"
)


@dataclass(frozen=True)
class Run:
    """One recorded evaluation. `counts` are its strict counts, packed (see record.unpacked)."""

    name: str
    recorded: str
    data_hash: str
    schema_hash: str
    code_version: str
    labels: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    summary: Mapping[str, Any]
    counts: bytes = field(repr=False)
    model_hash: str | None = None
    model_card: Mapping[str, Any] | None = None
    prompt_hash: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    id: int | None = None

    @property
    def f1(self) -> float | None:
        """Strict micro F1."""
        value: float | None = self.summary["strict"]["f1"]
        return value


@dataclass(frozen=True)
class History:
    """The history file; it need not be there yet."""

    path: Path

    def add(self, run: Run) -> Run:
        """Records a run, whole or not at all, and returns it with its number. Raises InputError where it cannot."""
        with self._open() as database, database:
            cursor = database.execute(
                f"insert into runs ({_COLUMNS}) values ({', '.join('?' * 13)})",  # noqa: S608 - fixed names
                _to_row(run),
            )
            return replace(run, id=cursor.lastrowid)

    def runs(self) -> list[Run]:
        """All runs, oldest first; none where there is no file. Raises InputError for a damaged one."""
        if not self.path.exists():
            return []
        with self._open() as database:
            rows = database.execute(f"select id, {_COLUMNS} from runs order by id").fetchall()  # noqa: S608
            return [self._from_row(row) for row in rows]

    def run(self, name: str) -> Run:
        """A run by its number, else the newest of that name, or `latest`. Raises InputError where there is none."""
        runs = self.runs()
        if not runs:
            raise InputError(f"{self.path} holds no run yet; record one with workbench evaluate")
        if name == "latest":
            return runs[-1]
        found = [run for run in runs if run.name == name] + [run for run in runs if str(run.id) == name]
        if not found:
            known = ", ".join(f"{run.id} {run.name}" for run in runs[-5:])
            raise InputError(f"no run {name!r} is in the history (newest: {known}); give a number or name of these")
        return found[-1]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=30)) as database:
                self._check(database)
                yield database
        except sqlite3.OperationalError as error:
            raise InputError(
                f"the history {self.path} cannot be used ({error}); see that its folder may be written to, has space, "
                "and that no other program holds the file"
            ) from None
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from None
        except OSError as error:
            raise InputError(f"the history {self.path} cannot be used ({error.strerror}); mend its folder") from None

    def _check(self, database: sqlite3.Connection) -> None:
        """Makes the table in an empty file. Raises InputError for a file of something else, or of a later version."""
        (verdict,) = database.execute("pragma quick_check(1)").fetchone()
        if verdict != "ok":
            raise self._damaged(str(verdict).splitlines()[-1])
        (version,) = database.execute("pragma user_version").fetchone()
        if version > _VERSION:
            raise InputError(
                f"{self.path} has version {version}, this workbench knows {_VERSION}; update it (nothing was changed)"
            )
        tables = {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}
        if tables and "runs" not in tables:
            raise InputError(f"{self.path} is a database of something else; move it away, and a history is begun there")
        if not tables:
            with database:
                database.execute(_TABLE)
            database.execute(f"pragma user_version = {_VERSION}")

    def _from_row(self, row: tuple[Any, ...]) -> Run:
        try:
            return _from_row(row)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._damaged(f"run {row[0]} cannot be read: {error}") from None

    def _damaged(self, what: str) -> InputError:
        aside = self.path.with_name(self.path.name + ".damaged")
        return InputError(
            f"the history {self.path} is damaged ({what}); nothing was changed in it. To begin a new one: "
            f"mv {self.path} {aside}; to save its runs then: sqlite3 {aside} .recover | sqlite3 {self.path}"
        )


def now() -> str:
    """The time in UTC to the second, as runs keep it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _to_row(run: Run) -> tuple[Any, ...]:
    card = None if run.model_card is None else _json(dict(run.model_card))
    return (
        run.recorded,
        run.name,
        run.data_hash,
        run.schema_hash,
        run.model_hash,
        card,
        run.prompt_hash,
        run.code_version,
        _json(dict(run.settings)),
        _json(run.labels),
        _json({group: list(labels) for group, labels in run.groups.items()}),
        _json(dict(run.summary)),
        run.counts,
    )


def _from_row(row: tuple[Any, ...]) -> Run:
    number, recorded, name, data, schema, model, card, prompt, code, settings, labels, groups, summary, counts = row
    return Run(
        id=number,
        recorded=recorded,
        name=name,
        data_hash=data,
        schema_hash=schema,
        model_hash=model,
        model_card=None if card is None else json_value(card),
        prompt_hash=prompt,
        code_version=code,
        settings=json_value(settings),
        labels=tuple(json_value(labels)),
        groups={group: tuple(names) for group, names in json_value(groups).items()},
        summary=json_value(summary),
        counts=bytes(counts),
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
