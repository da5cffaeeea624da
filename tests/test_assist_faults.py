"""Servers that fail in every way that servers do: nothing unread ever becomes "no spans"."""

import json
import sqlite3
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from assist_help import KEY, SCHEMA, Say, completion, error, method_for, scripted, spans

from workbench.assist.budget import Budget, Prices
from workbench.assist.client import Patience
from workbench.assist.endpoint import Endpoint, endpoint
from workbench.assist.label import Outcome, label
from workbench.assist.prompt import Prompt
from workbench.assist.run import assist, plan
from workbench.assist.wire import retry_after
from workbench.core.corpus import Document, Entry, load_corpus
from workbench.core.errors import AssistError
from workbench.core.span import Span

TEXT = "Gunmen killed six people in Quetta."
SIX = completion(spans(("FIGURE_KILLED", "six")))
RIGHT = (Span(14, 17, "FIGURE_KILLED"),)


def outcome(script: Any, folder: Path, **options: Any) -> tuple[Outcome, list[dict[str, Any]]]:
    with scripted(script) as server, method_for(server.url, folder, **options) as method:
        return label(Document("b-1", TEXT), method), server.asked


@pytest.mark.parametrize(
    "first",
    [
        error(429, "slow down", retry_after="0.05"),
        error(500, "internal"),
        error(503, "loading"),
        Say(b"<html>bad gateway</html>", 502),
        Say(b"no json at all"),
        Say(b'{"choices": []}'),
        Say(SIX.body, cut=40),
        Say(SIX.body, pause=2.5),
        Say(SIX.body, drip=0.1),
    ],
    ids=["429", "500", "503", "502 html", "no json", "no choices", "cut off mid-JSON", "slow", "dripping"],
)
@pytest.mark.slow
def test_a_stumble_on_the_way_is_tried_again(first: Say, tmp_path: Path) -> None:
    found, asked = outcome([first, SIX], tmp_path)
    assert found.failure is None
    assert found.entry.spans == RIGHT
    assert len(asked) == 2
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("first", "says"),
    [
        (completion("Sure! Here are the spans you asked for."), "no JSON object"),
        (completion(""), "the answer is empty"),
        (completion(None), "the answer is empty"),
        (completion('{"spans": [{"label": "FIGURE_KILLED", "quo'), "not valid JSON"),
        (completion('{"entities": []}'), 'named "spans"'),
        (completion('{"spans": [{"label": "FIGURE_KILLED"}]}'), '"label" and "quote"'),
        (completion("[]"), "no JSON object"),
    ],
)
def test_an_answer_that_cannot_be_read_is_asked_for_once_more(first: Say, says: str, tmp_path: Path) -> None:
    found, asked = outcome([first, SIX], tmp_path)
    assert found.entry.spans == RIGHT
    assert found.asked[0].again
    assert says in asked[1]["messages"][-1]["content"]
    again, asked = outcome([first], tmp_path / "twice")
    assert again.entry.annotation is None
    assert again.failure is not None
    assert says in again.failure
    assert len(asked) == 2


def test_an_answer_cut_off_by_its_length_is_asked_for_with_more_room(tmp_path: Path) -> None:
    whole = '{"spans": []}'
    found, asked = outcome([completion(whole, finish="length"), SIX], tmp_path)
    assert found.entry.spans == RIGHT
    assert [body["max_tokens"] for body in asked] == [500, 1000]
    lost, _ = outcome([completion(whole, finish="length")], tmp_path / "twice")
    assert lost.entry.annotation is None
    assert "cut off" in str(lost.failure)


@pytest.mark.parametrize(
    "refusal", [completion(None, refusal="I cannot help"), completion("x", finish="content_filter")]
)
def test_a_refusal_is_a_failure_and_is_not_repeated(refusal: Say, tmp_path: Path) -> None:
    found, asked = outcome([refusal], tmp_path)
    assert (found.failure, found.entry.annotation, len(asked)) == ("the model refused to answer", None, 1)


@pytest.mark.parametrize(
    "content",
    [
        f"```json\n{spans(('FIGURE_KILLED', 'six'))}\n```",
        f"Here you are:\n{spans(('FIGURE_KILLED', 'six'))}\nAnything else?",
        '{"spans": [{"label": "FIGURE_KILLED", "quote": "six",},]}',
    ],
)
def test_an_answer_within_other_words_is_read(content: str, tmp_path: Path) -> None:
    found, asked = outcome([completion(content)], tmp_path)
    assert found.entry.spans == RIGHT
    assert found.asked[0].answer.repaired
    assert len(asked) == 1


def test_an_empty_list_is_an_answer(tmp_path: Path) -> None:
    found, _ = outcome([completion('{"spans": []}')], tmp_path)
    assert (found.failure, found.entry.spans) == (None, ())
    assert found.entry.annotation is not None


def test_a_server_without_structured_output_is_asked_more_plainly(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Say:
        form = asked.get("response_format", {}).get("type")
        return error(400, f"response_format {form} is not supported") if form else SIX

    found, asked = outcome(script, tmp_path)
    assert found.entry.spans == RIGHT
    assert [body.get("response_format", {}).get("type") for body in asked] == ["json_schema", "json_object", None]


def test_a_server_with_another_name_for_the_bound_is_understood(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Say:
        return error(400, "use max_completion_tokens instead") if "max_tokens" in asked else SIX

    assert outcome(script, tmp_path)[0].entry.spans == RIGHT


def test_retry_after_is_kept_by_all_threads(tmp_path: Path) -> None:
    documents = [Entry(Document(f"b-{n}", f"{TEXT} {n}")) for n in range(3)]
    with (
        scripted([error(429, "wait", retry_after="0.5"), SIX]) as server,
        method_for(server.url, tmp_path) as method,
    ):
        done = assist(documents, method=method, out=tmp_path / "out.jsonl", concurrency=1)
    assert done.failures == []
    assert server.times[1] - server.times[0] >= 0.5


def test_a_wait_that_is_too_long_is_not_waited_for(tmp_path: Path) -> None:
    began = time.monotonic()
    found, asked = outcome([error(429, "quota", retry_after="3600")], tmp_path)
    assert "asks to wait 3600 s" in str(found.failure)
    assert len(asked) == 1
    assert time.monotonic() - began < 2


def test_retry_after_reads_seconds_and_dates() -> None:
    now = datetime(2024, 5, 8, 12, 0, 0, tzinfo=UTC)
    later = format_datetime(datetime(2024, 5, 8, 12, 0, 30, tzinfo=UTC), usegmt=True)
    assert [retry_after(value, now=now) for value in ("7", later, "soon", None)] == [7.0, 30.0, None, None]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_no_retry_mends_ends_the_run_in_one_sentence_without_the_key(status: int, tmp_path: Path) -> None:
    with (
        scripted([error(status, f"Incorrect API key provided: {KEY}")]) as server,
        method_for(server.url, tmp_path) as method,
        pytest.raises(AssistError) as caught,
    ):
        assist([Entry(Document("b-1", TEXT))], method=method, out=tmp_path / "out.jsonl")
    assert len(server.asked) == 1
    assert KEY not in str(caught.value)
    assert "***" in str(caught.value)
    assert not (tmp_path / "out.jsonl").exists()


def test_the_key_is_sent_and_kept_nowhere(tmp_path: Path) -> None:
    with scripted([error(500, f"who is {KEY}?"), SIX]) as server, method_for(server.url, tmp_path) as method:
        label(Document("b-1", TEXT), method)
        assert KEY not in repr(method)
    assert server.keys == [f"Bearer {KEY}"] * 2
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_password_in_the_address_is_refused_unseen() -> None:
    with pytest.raises(AssistError) as caught:
        Endpoint("https://me:hush@host/v1", "m")
    assert "hush" not in str(caught.value)
    with pytest.raises(AssistError, match="WORKBENCH_LLM_URL"):
        endpoint(environment={})
    with pytest.raises(AssistError, match="WORKBENCH_LLM_MODEL"):
        endpoint(environment={"WORKBENCH_LLM_URL": "http://host/v1"})


def test_no_server_at_all_is_a_failure_of_each_bulletin(tmp_path: Path) -> None:
    with method_for("http://127.0.0.1:9/v1", tmp_path) as method:
        found = label(Document("b-1", TEXT), method)
    assert found.failure == "no connection from http://localhost/v1, 4 times"


def test_answers_are_kept_and_failures_are_asked_again(tmp_path: Path) -> None:
    entries = [Entry(Document(f"b-{n}", f"{TEXT} No {n}.")) for n in range(6)]
    out = tmp_path / "out.jsonl"
    failing = scripted(lambda asked, n: completion("?") if _about(asked, "No 3.") else SIX)
    with failing as server, method_for(server.url, tmp_path) as method:
        first = assist(entries, method=method, out=out)
    rows = load_corpus(out)
    assert [name for name, _ in first.failures] == ["b-3"]
    assert [row.annotation is None for row in rows] == [n == 3 for n in range(6)]
    assert [row.document.id for row in rows] == [entry.document.id for entry in entries]
    with scripted([SIX]) as server, method_for(server.url, tmp_path) as method:
        second = assist(entries, method=method, out=out)
        assert len(server.asked) == 1
    assert (second.failures, second.cached, second.answers) == ([], 5, 6)


def _about(asked: dict[str, Any], words: str) -> bool:
    return any(words in message["content"] for message in asked["messages"] if message["role"] == "user")


def test_the_cache_is_keyed_by_everything(tmp_path: Path) -> None:
    with scripted([SIX]) as server:
        for prompt in (
            Prompt(SCHEMA, max_tokens=500),
            Prompt(SCHEMA, max_tokens=500),
            Prompt(SCHEMA, max_tokens=600),
            Prompt(SCHEMA, max_tokens=500, guidelines="Mark less."),
            Prompt(SCHEMA, max_tokens=500, relations=True),
        ):
            with method_for(server.url, tmp_path, prompt=prompt) as method:
                label(Document("b-1", TEXT), method)
        with method_for(server.url, tmp_path, samples=3) as method:
            label(Document("b-1", TEXT), method)
    assert len(server.asked) == 4 + 3


def test_calls_are_bounded_and_in_order(tmp_path: Path) -> None:
    entries = [Entry(Document(f"b-{n}", f"{TEXT} No {n}.")) for n in range(12)]
    with scripted([Say(SIX.body, pause=0.03)]) as server, method_for(server.url, tmp_path) as method:
        done = assist(entries, method=method, out=tmp_path / "out.jsonl", concurrency=3)
        calls = method.client.store.calls("test")
    assert server.most_at_once == 3
    assert (done.documents, len(calls)) == (12, 12)
    assert {(c.status, c.outcome, c.prompt_tokens, c.completion_tokens, c.finish) for c in calls} == {
        (200, "answered", 100, 20, "stop")
    }
    assert [entry.document.id for entry in load_corpus(tmp_path / "out.jsonl")] == [f"b-{n}" for n in range(12)]


def test_the_budget_stops_hard_and_the_rest_comes_out_unlabelled(tmp_path: Path) -> None:
    entries = [Entry(Document(f"b-{n}", f"{TEXT} No {n}.")) for n in range(10)]
    answer = completion(spans(("FIGURE_KILLED", "six")), tokens=(1500, 400))
    with scripted([answer]) as server, method_for(server.url, tmp_path, budget=Budget(tokens=10_000)) as method:
        done = assist(entries, method=method, out=tmp_path / "out.jsonl", concurrency=4)
    assert done.cost.tokens <= 10_000
    assert 1 <= len(server.asked) <= 5
    assert len(done.failures) == 10 - len(server.asked)
    assert "budget of 10,000 tokens" in str(done.stopped)
    assert len(load_corpus(tmp_path / "out.jsonl")) == 10


def test_a_budget_in_money_counts_both_prices(tmp_path: Path) -> None:
    budget = Budget(money=0.02, prices=Prices(prompt=2.0, completion=10.0))
    entries = [Entry(Document(f"b-{n}", f"{TEXT} No {n}.")) for n in range(10)]
    with scripted([SIX]) as server, method_for(server.url, tmp_path, budget=budget) as method:
        done = assist(entries, method=method, out=tmp_path / "out.jsonl", concurrency=1)
    assert done.cost.money == pytest.approx(len(server.asked) * (100 * 2.0 + 20 * 10.0) / 1e6)
    assert done.cost.money <= 0.02


def test_a_call_that_was_not_heard_of_again_is_on_the_bill(tmp_path: Path) -> None:
    budget = Budget()
    patience = Patience(timeout=0.3, tries=2, first_wait=0.01, longest_wait=1)
    outcome([Say(SIX.body, pause=1.0)], tmp_path, budget=budget, patience=patience)
    assert budget.spent.completion == 2 * 500


def test_a_plan_asks_nothing_and_knows_the_cache(tmp_path: Path) -> None:
    entries = [Entry(Document(f"b-{n}", f"{TEXT} No {n}.")) for n in range(4)]
    with scripted([SIX]) as server, method_for(server.url, tmp_path) as method:
        assist(entries[:1], method=method, out=tmp_path / "out.jsonl")
        planned = plan(entries, method=method)
        assert len(server.asked) == 1
    assert (planned.documents, planned.questions, planned.cached) == (4, 4, 1)
    assert planned.cost.completion == 3 * 500
    assert planned.cost.prompt > 3 * 500


def test_a_stopped_run_leaves_its_answers_and_no_half_file(tmp_path: Path) -> None:
    entries = [Entry(Document(f"b-{n}", f"{TEXT} No {n}.")) for n in range(8)]

    def stop(found: Outcome) -> None:
        if found.entry.document.id == "b-4":
            raise KeyboardInterrupt

    out = tmp_path / "out.jsonl"
    with scripted([SIX]) as server:
        with method_for(server.url, tmp_path) as method, pytest.raises(KeyboardInterrupt):
            assist(entries, method=method, out=out, concurrency=2, seen=stop)
        assert not out.exists()
        with method_for(server.url, tmp_path) as method:
            done = assist(entries, method=method, out=out)
    assert done.cached >= 5
    assert done.documents == 8


def test_the_database_holds_no_text_of_failures(tmp_path: Path) -> None:
    outcome([completion("Once upon a time")], tmp_path)
    base = sqlite3.connect(tmp_path / "answers.sqlite")
    assert base.execute("select count(*) from answers").fetchone() == (0,)
    assert [row[0] for row in base.execute("select outcome from calls")] == ["answered", "answered"]
    base.close()


def test_lone_surrogates_neither_stop_a_run_nor_reach_the_database(tmp_path: Path) -> None:
    document = Document("b-\ud800", f"{TEXT} \ud800")
    said = Say(json.dumps(json.loads(SIX.body)).replace("six", "six\\\\ud800").encode())
    with scripted([said]) as server, method_for(server.url, tmp_path) as method:
        found = label(document, method)
        assert label(document, method).asked[0].reply.cached
    assert found.failure is None
    assert found.groundings[0].counts() == {"number": 1}
