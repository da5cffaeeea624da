"""What is remembered of a language model in the workspace: raw answers by what made them, and a row for every call.

No key and no header is ever written here; an answer that could not be read is not kept, so that it is asked again.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from workbench.assist.chat import Reply
from workbench.core.errors import AssistError

_TABLES = """
create table if not exists answers (
    key text primary key, model text not null, content text not null, finish text not null,
    prompt_tokens integer not null, completion_tokens integer not null, seconds real not null, made real not null
) without rowid;
create table if not exists calls (
    id integer primary key, at real not null, run text not null, document text not null, sample integer not null,
    model text not null, status integer, outcome text not null, seconds real not null, waited real not null,
    prompt_tokens integer not null, completion_tokens integer not null, finish text not null
);
create index if not exists calls_of_run on calls (run);
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One request over the wire: HTTP status (None where none came), outcome in a word or two, seconds it took and
    seconds waited before it, tokens, and the server's reason to finish."""

    document: str
    sample: int
    status: int | None
    outcome: str
    seconds: float
    waited: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    finish: str = ""


class Store:
    """The SQLite file; one connection, safe between threads."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, check_same_thread=False, timeout=30)
            self._base.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise AssistError(
                f"{path} cannot be used ({error}); free some space, or move it away to begin anew"
            ) from None

    def close(self) -> None:
        """Lets go of the file."""
        self._base.close()

    def answer(self, key: str) -> Reply | None:
        """The answer kept under a key."""
        with self._asking() as base:
            row = base.execute(
                "select content, finish, prompt_tokens, completion_tokens, seconds from answers where key = ?", (key,)
            ).fetchone()
        if row is None:
            return None
        content, finish, prompt_tokens, completion_tokens, seconds = row
        return Reply(content, finish, prompt_tokens, completion_tokens, seconds, tries=0, cached=True)

    def keep(self, key: str, *, model: str, reply: Reply) -> None:
        """Keeps an answer that could be read."""
        row = (key, model, reply.content, reply.finish, reply.prompt_tokens, reply.completion_tokens, reply.seconds)
        with self._asking() as base:
            base.execute("insert or replace into answers values (?, ?, ?, ?, ?, ?, ?, ?)", (*row, time.time()))

    def note(self, run: str, model: str, call: Call) -> None:
        """Adds a call to the table."""
        # A file of UTF-8 takes no lone surrogate, which the id of a damaged bulletin may hold.
        document = call.document.encode("utf-8", "replace").decode("utf-8")
        row = (time.time(), run, document, call.sample, model, call.status, call.outcome, call.seconds, call.waited)
        tokens = (call.prompt_tokens, call.completion_tokens, call.finish)
        with self._asking() as base:
            base.execute(
                "insert into calls (at, run, document, sample, model, status, outcome, seconds, waited, prompt_tokens, "
                "completion_tokens, finish) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, *tokens),
            )

    def calls(self, run: str) -> list[Call]:
        """The calls of a run, in order."""
        with self._asking() as base:
            rows = base.execute(
                "select document, sample, status, outcome, seconds, waited, prompt_tokens, completion_tokens, finish "
                "from calls where run = ? order by id",
                (run,),
            ).fetchall()
        return [Call(*row) for row in rows]

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock, self._base:
                yield self._base
        except sqlite3.Error as error:
            raise AssistError(f"{self._path} cannot be used ({error}); free some space or move it away") from None
