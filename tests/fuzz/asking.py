"""Targets: what other programs send: Label Studio's exports, pages, requests, a language model's answers, backups."""

import hashlib
import io
import json
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fuzz import seeds
from fuzz.mutate import ODD, damaged, damaged_json, text_of
from fuzz.reading import sound
from fuzz.run import Target, Try
from workbench.assist.chat import Reply, Request
from workbench.assist.client import CallError
from workbench.assist.endpoint import Endpoint
from workbench.assist.label import Method, label
from workbench.assist.prompt import Prompt
from workbench.assist.wire import BadResponseError, complaint_of, reply_of
from workbench.core.corpus import Document, row_from_line
from workbench.core.errors import AssistError
from workbench.core.workspace import packaged
from workbench.keep.archive import MANIFEST, extract
from workbench.studio.export import Tally, entries_from_export, is_export, works_from_export
from workbench.studio.forms import read_regions
from workbench.studio.labeling import differences
from workbench.studio.protocol import read_page
from workbench.studio.saving import saved_task


def targets() -> Iterator[Target]:
    """All of this module."""
    yield Target("exports", 60, lambda rng: damaged_json(rng, seeds.exports()), lambda _: _export)
    yield Target("regions", 60, _regions, lambda _: _region)
    yield Target("pages", 40, lambda rng: damaged(rng, [each.encode() for each in seeds.configs()]), lambda _: _page)
    yield Target("answers", 60, _answer, _answered)
    # A text of thousands of tokens keeps all cores busy for a while.
    yield Target("requests", 20, _request, _backend, seconds=10)
    yield Target("saved tasks", 20, lambda rng: damaged_json(rng, _SAVED), lambda _: _saved)
    yield Target("backups", 20, _backup, _unpacked)


def _export(data: bytes) -> None:
    tasks = row_from_line(text_of(data))
    is_export(tasks)
    if not isinstance(tasks, list):
        return
    tally = Tally()
    for entry in entries_from_export(tasks, unannotated=True, leave_out=True, tally=tally):
        sound(entry)
    for problem in tally.problems:
        assert problem.strip(), "a problem without a word"
    for _, entry in works_from_export(tasks, people={1: "ben@x.org"}):
        sound(entry)


def _regions(rng: random.Random) -> bytes:
    task = json.loads(rng.choice(seeds.tasks()))
    return damaged_json(rng, [json.dumps([task["data"]["text"], task["annotations"][0]["result"]])])


def _region(data: bytes) -> None:
    value = row_from_line(text_of(data))
    if not (isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], list)):
        return
    reading = read_regions(value[0], value[1])
    for span in reading.spans:
        assert 0 <= span.start < span.end <= len(value[0]), f"{span} outside of {len(value[0])} characters"
    for relation in reading.relations:
        assert max(relation.source, relation.target) < len(reading.spans), f"{relation} to no span"
    assert reading == read_regions(value[0], value[1]), "reads otherwise the second time"


def _page(data: bytes) -> None:
    config = data.decode("utf-8", "replace")
    read_page(config, where="the page")
    differences(config, seeds.schema(), where="the page")


def _answer(rng: random.Random) -> bytes:
    """The body of a chat completion: damaged within the answer, in the words around it, or as a whole."""
    entry = rng.choice(seeds.entries())
    spans = [
        {"label": span.label, "quote": entry.surface(span), "left": entry.document.text[max(0, span.start - 12) :][:12],
         "right": "", "occurrence": rng.choice((1, 1, 2, -1))}
        for span in entry.spans
    ]  # fmt: skip
    answer = {"spans": spans, "relations": [{"from": 0, "to": len(spans) - 1, "type": "figure_of"}]}
    content = damaged_json(rng, [json.dumps(answer)]).decode("utf-8", "replace")
    if rng.random() < 0.3:
        content = rng.choice(("```json\n", "Here: ", "<think>{}</think>", rng.choice(ODD))) + content + rng.choice(ODD)
    finish = rng.choice(("stop", "stop", "stop", "length", "content_filter", None))
    choice = {"message": {"role": "assistant", "content": content}, "finish_reason": finish}
    body = json.dumps({"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})
    return damaged_json(rng, [body]) if rng.random() < 0.3 else body.encode()


def _answered(_: Path) -> Try:
    store = SimpleNamespace(answer=lambda _: None, keep=lambda *_, **__: None)
    prompt = Prompt(seeds.schema(), relations=True)
    documents = [entry.document for entry in seeds.entries()]

    def attempt(data: bytes) -> None:
        complaint_of(data)

        def send(_: Request, *, document: str = "") -> Reply:
            try:
                return reply_of(data, seconds=0.1, estimate=(1, 1))
            except BadResponseError as error:
                raise CallError(str(error)) from None

        client: Any = SimpleNamespace(endpoint=Endpoint("http://127.0.0.1/v1", "m"), store=store, send=send)
        document = next((d for d in documents if d.text[:30].encode() in data), documents[len(data) % len(documents)])
        found = label(Document(document.id, document.text), Method(client, prompt))
        sound(found.entry)
        if found.failure is not None:
            raise AssistError(found.failure)

    return attempt


def _request(rng: random.Random) -> bytes:
    path = rng.choice(("/predict", "/predict", "/predict", "/setup", "/webhook", "/job_status", "/status"))
    task = {"id": 1, "data": {"text": "Six were killed in Kabul.\r\nOn Friday."}, "annotations": []}
    context = {"result": [{"value": {"start": 0, "end": 3}}]}
    body = {
        "/predict": {"tasks": [task], "project": "7.17", "label_config": seeds.configs()[1].replace("$body", "$text"),
                     "params": {"context": context}},
        "/setup": {"project": "7.17", "schema": seeds.configs()[0], "extra_params": {}},
        "/webhook": {"action": "ANNOTATION_CREATED", "project": {"id": 7}, "annotation": {}},
        "/job_status": {"job": "run-1"},
    }.get(path, {})  # fmt: skip
    data = damaged_json(rng, [json.dumps(body)]) if rng.random() < 0.8 else damaged(rng, [json.dumps(body).encode()])
    return path.encode() + b"\n" + data


def _backend(folder: Path) -> Try:
    from starlette.testclient import TestClient

    from workbench.serve.app import application
    from workbench.serve.credentials import Credentials
    from workbench.serve.engine import Engine
    from workbench.serve.logs import Log
    from workbench.serve.metrics import Metrics
    from workbench.serve.service import Service

    nobody: Any = SimpleNamespace(
        owe=lambda *_: None, count=lambda: 0, start=lambda *_, **__: "run-1", noticed=lambda _: None,
        job=lambda _: "removed", table=dict,
    )  # fmt: skip
    service = Service(Engine(packaged("models/starter")), nobody, nobody, Metrics(), Log(io.StringIO()))
    credentials = Credentials("workbench", "secret")
    app: Any = application(service, credentials, most_bytes=1 << 20)
    client = TestClient(app, raise_server_exceptions=True, headers={"Authorization": credentials.header})
    client.__enter__()

    def attempt(data: bytes) -> None:
        path, _, body = data.partition(b"\n")
        known = path.decode("latin-1") if path in (b"/predict", b"/setup", b"/webhook", b"/job_status") else "/status"
        said = client.get(known) if known == "/status" else client.post(known, content=body)
        assert said.status_code in (200, 400, 413), f"{said.status_code}: {said.text[:200]}"
        table = said.json()
        if said.status_code != 200:
            raise AssistError(table["error"])

    return attempt


_SAVED = [
    json.dumps(
        {
            "data": {"text": "Six killed.", "id": "b-1"}, "meta": None,
            "predictions": [{"result": [], "model_version": "m", "score": 0.5}],
            "annotations": [], "drafts": [],
        }
    )
]  # fmt: skip


def _saved(data: bytes) -> None:
    saved_task(row_from_line(text_of(data)))


def _backup(rng: random.Random) -> bytes:
    """An archive with odd names, links, wrong sizes, or damaged bytes."""
    files = {f"files/annotations/{name}": b"bulletin " * 40 for name in ("a.jsonl", "b.jsonl")}
    manifest = {
        "format": 1,
        "files": {name: {"sha256": hashlib.sha256(data).hexdigest(), "size": 360} for name, data in files.items()},
    }
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar:
        for name, data in (
            *files.items(),
            (
                MANIFEST,
                json.dumps(manifest).encode() if rng.random() < 0.5 else damaged_json(rng, [json.dumps(manifest)]),
            ),
        ):
            odd = rng.choice(("../", "/", "a/../../", "..\\", "c:", "./", "\n", "x" * 200, "é\udcff", " ", "-", "con"))
            member = tarfile.TarInfo(odd + name if rng.random() < 0.2 else name)
            member.size, member.linkname = len(data), "/etc/passwd"
            member.type = rng.choice((tarfile.SYMTYPE, tarfile.LNKTYPE, b"S")) if rng.random() < 0.1 else b"0"
            tar.addfile(member, io.BytesIO(data))
    return damaged(rng, [file.getvalue()]) if rng.random() < 0.5 else file.getvalue()


def _unpacked(folder: Path) -> Try:
    import shutil

    archive, inside = folder / "b.tar.gz", folder / "in"

    def attempt(data: bytes) -> None:
        shutil.rmtree(inside, ignore_errors=True)
        inside.mkdir()
        archive.write_bytes(data)
        try:
            extract(archive, inside)
        finally:
            assert {path.name for path in folder.iterdir()} == {"in", "b.tar.gz"}, "something outside of the folder"
            assert not any(path.is_symlink() for path in inside.rglob("*")), "a link"

    return attempt
