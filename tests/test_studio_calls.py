"""Servers that misbehave, each a small real one: what the user is told, and what is tried again."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from workbench.core.errors import StudioError
from workbench.core.schema import Label, Schema
from workbench.core.workspace import Workspace
from workbench.studio.calls import CallError
from workbench.studio.client import Studio
from workbench.studio.connect import connect, given
from workbench.studio.doctor import examine
from workbench.studio.importing import import_entries
from workbench.studio.pulling import pull
from workbench.studio.pushing import push

pytest.importorskip("label_studio_sdk", reason="the client of Label Studio is not installed")

Answer = tuple[int, object, dict[str, str]]


class Misbehaving:
    """A server on a free port that answers what `answer` says to the n-th request of a path."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.answer: Callable[[str, int], Answer] = lambda path, time: (200, {}, {})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.seen.append(self.path)
                path = self.path.split("?")[0]
                times = sum(seen.split("?")[0] == path for seen in outer.seen)
                length = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(length)
                status, body, headers = outer.answer(path, times)
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(ConnectionError):  # who asked may have gone: a time limit is tested
                    self.wfile.write(data)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def studio(self, **options: object) -> Studio:
        return Studio(self.url, "a-token", waits=(0.01, 0.02), **options)  # type: ignore[arg-type]


@pytest.fixture
def bad() -> Iterator[Misbehaving]:
    server = Misbehaving()
    yield server
    server.server.shutdown()
    server.server.server_close()


def test_a_server_that_is_down_is_named_with_the_remedy() -> None:
    with pytest.raises(StudioError, match=r"at http://127.0.0.1:9 does not answer .*`workbench studio start`"):
        Studio("http://127.0.0.1:9", "t", waits=(0.01,)).version()


def test_a_slow_server_is_said_after_the_time_limit(bad: Misbehaving) -> None:
    def slow(path: str, times: int) -> Answer:
        time.sleep(0.5)
        return 200, {}, {}

    bad.answer = slow
    with pytest.raises(StudioError, match="took too long to tell its version"):
        bad.studio(timeout=0.1).version()
    assert len(bad.seen) == 3


def test_a_wrong_token_is_said_and_not_tried_again(bad: Misbehaving) -> None:
    bad.answer = lambda path, times: (401, {"detail": "Invalid token."}, {})
    with pytest.raises(
        CallError, match=r"does not accept the token \(Invalid token.\).*LABEL_STUDIO_API_KEY"
    ) as caught:
        bad.studio().whoami()
    assert caught.value.status == 401
    assert len(bad.seen) == 1


def test_an_access_token_that_ends_while_its_request_is_under_way_is_made_anew(bad: Misbehaving) -> None:
    # A push of 50,000 predictions ended so after 300 s.
    import jwt

    soon = time.time() + 1000
    personal, *access = (
        jwt.encode({"exp": soon + n, "token_type": "access" if n else "refresh"}, "k" * 32) for n in range(3)
    )

    def answer(path: str, times: int) -> Answer:
        if path == "/api/token/refresh/":
            return 200, {"access": access[times - 1]}, {}
        if times == 1:
            return 401, {"detail": "Authentication credentials were not provided."}, {}
        return 200, {"release": "1.23.2"}, {}

    bad.answer = answer
    assert Studio(bad.url, personal).version() == "1.23.2"
    assert [path for path in bad.seen if path == "/api/token/refresh/"] == ["/api/token/refresh/"] * 2
    assert len(bad.seen) == 4


def test_a_refused_personal_token_is_tried_with_one_new_access_token_only(bad: Misbehaving) -> None:
    import jwt

    token = jwt.encode({"exp": time.time() + 1000, "token_type": "refresh"}, "k" * 32)
    bad.answer = lambda path, times: (200, {"access": token}, {}) if "refresh" in path else (401, {"detail": "No."}, {})
    with pytest.raises(CallError, match=r"does not accept the token \(No.\)"):
        Studio(bad.url, token).version()
    assert len(bad.seen) == 4


def test_an_expired_token_is_a_wrong_one() -> None:
    expired = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln"
    with pytest.raises(StudioError, match="does not accept the token"):
        Studio("http://127.0.0.1:9", expired).whoami()


@pytest.mark.parametrize("release", ["1.4.1", "0.9.1", "1.19.0"])
def test_an_old_version_is_refused(bad: Misbehaving, release: str) -> None:
    bad.answer = lambda path, times: (200, {"release": release}, {})
    with pytest.raises(StudioError, match=rf"is version {release}; the workbench needs 1.20 or newer"):
        bad.studio().version()


@pytest.mark.parametrize("body", [b"<html>hello</html>", {"hello": 1}, []])
def test_another_program_at_the_address_is_recognised(bad: Misbehaving, body: object) -> None:
    bad.answer = lambda path, times: (200, body, {})
    with pytest.raises(StudioError, match=r"is not Label Studio|names no release"):
        bad.studio().version()


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_passing_failure_is_tried_again(bad: Misbehaving, status: int) -> None:
    bad.answer = lambda path, times: (status, {"detail": "busy"}, {}) if times < 3 else (200, {"release": "1.23.2"}, {})
    assert bad.studio().version() == "1.23.2"
    assert len(bad.seen) == 3


def test_tries_end(bad: Misbehaving) -> None:
    bad.answer = lambda path, times: (500, {"detail": "database is locked"}, {})
    with pytest.raises(
        StudioError, match=r"failed \(status 500\) when asked to tell its version \(database is locked\)"
    ):
        bad.studio().version()
    assert len(bad.seen) == 3


def test_the_wait_that_the_server_asks_for_is_kept(bad: Misbehaving) -> None:
    bad.answer = lambda path, times: (429, {}, {"Retry-After": "1"}) if times < 2 else (200, {"release": "1.23.2"}, {})
    began = time.monotonic()
    assert bad.studio().version() == "1.23.2"
    assert time.monotonic() - began >= 1.0


def _project(number: int = 1) -> dict[str, object]:
    page = (
        '<View><Labels name="label" toName="text"><Label value="A"/></Labels><Text name="text" value="$text"/></View>'
    )
    return {"id": number, "title": "p", "task_number": 0, "label_config": page, "model_version": ""}


def test_an_import_is_never_sent_twice_by_itself(bad: Misbehaving) -> None:
    """A 502 may come after everything was stored."""

    def answer(path: str, times: int) -> Answer:
        if path == "/api/projects/":
            return 200, {"count": 1, "results": [_project()]}, {}
        return 502, b"bad gateway", {}

    bad.answer = answer
    studio = bad.studio()
    with pytest.raises(StudioError, match="run the same command again: what it has done already is not done twice"):
        studio.import_tasks(studio.project("p"), [{"data": {"text": "x"}}])
    assert sum("import" in path for path in bad.seen) == 1


def test_a_project_that_is_not_there_is_said_with_those_that_are(bad: Misbehaving) -> None:
    bad.answer = lambda path, times: (200, {"count": 1, "results": [_project()]}, {})
    with pytest.raises(StudioError, match=r"has no project 'q' \(there are: 'p'\); check --project"):
        bad.studio().project("q")


def test_two_projects_of_one_title_are_not_guessed_between(bad: Misbehaving) -> None:
    bad.answer = lambda path, times: (200, {"count": 2, "results": [_project(3), _project(7)]}, {})
    with pytest.raises(StudioError, match=r"has 2 projects 'p' \(numbers 3 and 7\); rename all but one"):
        bad.studio().project("p")


def test_an_address_without_scheme_is_refused() -> None:
    with pytest.raises(StudioError, match="begins with http"):
        Studio("localhost:8080", "t")


def test_half_of_the_environment_is_refused() -> None:
    with pytest.raises(StudioError, match="LABEL_STUDIO_URL is set, but LABEL_STUDIO_API_KEY is not"):
        given({"LABEL_STUDIO_URL": "http://x"})
    with pytest.raises(StudioError, match="LABEL_STUDIO_API_KEY is set, but LABEL_STUDIO_URL is not"):
        given({"LABEL_STUDIO_API_KEY": "k"})
    assert given({}) is None
    assert given({"LABEL_STUDIO_URL": "http://x", "LABEL_STUDIO_API_KEY": " k "}) == ("http://x", "k")


def test_without_any_server_the_way_to_one_is_said(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"no Label Studio runs in the workspace .*`workbench studio start`"):
        connect(Workspace(tmp_path))


def test_the_doctor_turns_each_failure_into_a_finding(
    bad: Misbehaving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_URL", bad.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "wrong")

    def answer(path: str, times: int) -> Answer:
        return (200, {"release": "1.23.2"}, {}) if "version" in path else (401, {"detail": "Invalid token."}, {})

    bad.answer = answer
    findings = list(examine(Workspace(tmp_path)))
    assert [(finding.what, finding.state) for finding in findings] == [
        ("schema", "ok"),
        ("server", "ok"),
        ("token", "error"),
    ]
    assert findings[-1].remedy.startswith("take the personal access token")


@pytest.mark.parametrize(
    "act",
    [
        lambda studio, schema: import_entries(studio, [], "p", schema),
        lambda studio, schema: push(studio, [], "p", schema),
        lambda studio, schema: pull(studio, "p", Path("never.jsonl")),
    ],
)
def test_no_work_is_begun_on_an_old_version(bad: Misbehaving, act: Callable[[Studio, Schema], object]) -> None:
    bad.answer = lambda path, times: (200, {"release": "1.4.1"}, {})
    with pytest.raises(StudioError, match=r"is version 1\.4\.1; the workbench needs"):
        act(bad.studio(), Schema("s", (Label("A"),)))
    assert len(bad.seen) == 1
