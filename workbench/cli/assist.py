"""`workbench assist`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import (
    alone_at,
    answer,
    corpus_name,
    json_option,
    keep_older,
    model_option,
    progress,
    say,
    schema_option,
    table,
    workspace,
)

if TYPE_CHECKING:
    from workbench.assist.calibrate import Judgement
    from workbench.assist.label import Method
    from workbench.assist.run import Assisted
    from workbench.assist.store import Call
    from workbench.core.corpus import Annotation, Document, Entry
    from workbench.core.workspace import Workspace


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The many options of the command, in the order in which --help shows them."""
    many = (
        click.option("-o", "--output", callback=corpus_name, metavar="FILE", help="Corpus (JSON Lines) to write."),
        click.option("--url", metavar="URL", help="OpenAI-compatible address; else WORKBENCH_LLM_URL."),
        click.option("--llm", metavar="NAME", help="The language model's name; else WORKBENCH_LLM_MODEL."),
        click.option("--local", is_flag=True, help="The small model on this machine, to try things out."),
        click.option("--examples", metavar="FILE", help="Training gold to show the nearest bulletins of."),
        click.option("--shots", default=4, show_default=True, type=click.IntRange(0), help="So many, one empty."),
        click.option("--guidelines", metavar="FILE", help="Guidelines to put into the question."),
        click.option("--relations", is_flag=True, help="Ask for the schema's relations too."),
        click.option("--samples", default=1, show_default=True, type=click.IntRange(1), help="Answers a bulletin."),
        click.option("--temperature", type=click.FloatRange(0, 2), help="Else 0; 0.7 with several samples."),
        click.option("--with-model", is_flag=True, help="Let the trained tagger speak to the confidence."),
        click.option("--ensemble", is_flag=True, help="Combine tagger, rules and language model."),
        click.option("--rules", metavar="FILE|auto|MODULE:FUNCTION", help="Rules, a voice of the ensemble."),
        click.option("--calibrate", is_flag=True, help="The bulletins are gold: learn how far spans can be trusted."),
        click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 256), help="Calls at once."),
        click.option("--timeout", default=180.0, show_default=True, type=click.FloatRange(0.1), help="Seconds a call."),
        click.option("--max-tokens", default=4096, show_default=True, type=click.IntRange(1), help="Of one answer."),
        click.option("--max-spans", type=click.IntRange(1), help="Of one answer; for small models, which loop."),
        click.option("--budget-tokens", type=click.IntRange(1), help="Stop before more tokens than this."),
        click.option("--budget-money", type=click.FloatRange(0), help="Stop before more money than this."),
        click.option("--price-in", default=0.0, type=click.FloatRange(0), help="Money for a million tokens read."),
        click.option("--price-out", default=0.0, type=click.FloatRange(0), help="Money for a million tokens written."),
        click.option("--dry-run", is_flag=True, help="Ask nothing; say what it would cost at most."),
        click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N bulletins."),
        click.option("--split", type=click.Choice(["blank"]), help="Split .txt files at blank lines."),
        click.option("--calls", "show_calls", is_flag=True, help="Print a table of all calls."),
    )
    for option in reversed(many):
        function = option(function)
    return function


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@_options
@model_option
@schema_option
@json_option
def command(paths: tuple[str, ...], output: str | None, as_json: bool, **options: Any) -> None:
    """Label new bulletins with a language model.

    Every span is found in the text, or left out and counted.

    Any OpenAI-compatible address: WORKBENCH_LLM_URL, WORKBENCH_LLM_MODEL and, where it asks for one, WORKBENCH_LLM_KEY.
    Answers are kept: a run that was stopped, given again, asks only for what is not there yet.

    \b
    Example:
      workbench assist bulletins/ --local --limit 2 --max-spans 12 -o proposed.jsonl
    """
    from workbench.assist.run import assist, plan

    if output is None and not options["dry_run"]:
        raise click.UsageError("name the corpus to write with -o FILE, or estimate the cost with --dry-run")
    here = workspace()
    with ExitStack() as stack:
        method = _method(options, here, stack)
        if options["dry_run"]:
            planned = plan(_entries(paths, options), method=method)
            answer(planned.table(), as_json=as_json, lines=_plan_lines(planned.table()))
            return
        stack.enter_context(alone_at(str(output)))
        keep_older(str(output), here, why="before assist")
        judge, seen = _judge(paths, options)
        done = assist(
            _entries(paths, options),
            method=method,
            out=Path(str(output)),
            concurrency=options["concurrency"],
            progress=lambda items, *, what, total=None: progress(items, what=what, total=options["limit"] or total),
            seen=seen,
        )
        judgement = judge and judge.judgement()
        if judgement:
            _keep(judgement, method, here)
        calls = method.client.store.calls(method.client.run) if options["show_calls"] else []
    value = done.table() | {"output": output, "model_version": method.version} | _judged(judgement)
    value |= {"calls": [_call(call) for call in calls]} if options["show_calls"] else {}
    answer(value, as_json=as_json, lines=_lines(done, method.version, str(output), calls))
    if done.failures:
        _fail(done)


def _method(options: dict[str, Any], here: "Workspace", stack: ExitStack) -> "Method":
    """Everything that labels a bulletin, from the options; what must be closed is put on the stack."""
    from dataclasses import replace
    from uuid import uuid4

    from workbench.assist.budget import Budget, Prices
    from workbench.assist.calibrate import calibration_file, store_file, trust_file
    from workbench.assist.client import Client, Patience
    from workbench.assist.confidence import load_calibration
    from workbench.assist.endpoint import endpoint
    from workbench.assist.ensemble import load_trust
    from workbench.assist.label import Method
    from workbench.assist.local import local_model
    from workbench.assist.store import Store

    asked = (
        stack.enter_context(local_model()) if options["local"] else endpoint(url=options["url"], model=options["llm"])
    )
    prices = Prices(options["price_in"], options["price_out"])
    budget = Budget(tokens=options["budget_tokens"], money=options["budget_money"], prices=prices)
    if options["budget_money"] is not None and not (prices.prompt or prices.completion):
        raise click.UsageError("a budget in money needs prices: --price-in and --price-out, for a million tokens each")
    store = Store(store_file(here))
    stack.callback(store.close)
    client = Client(asked, store=store, budget=budget, run=uuid4().hex, patience=Patience(options["timeout"]))
    stack.callback(client.close)
    temperature = options["temperature"]
    if temperature is None:
        temperature = 0.7 if options["samples"] > 1 else 0.0
    others = _others(options, here)
    method = Method(client, _prompt(options, here), options["samples"], temperature, others)
    calibration = load_calibration(calibration_file(here, method))
    trust = load_trust(trust_file(here, method)) if options["ensemble"] else None
    return replace(method, calibration=calibration, trust=trust)


def _prompt(options: dict[str, Any], here: "Workspace") -> Any:
    from workbench.assist.examples import ExampleSet, example_set
    from workbench.assist.prompt import Prompt, read_guidelines
    from workbench.core.corpus import labelled, read_corpus

    schema = here.schema(options["schema_path"])
    examples = ExampleSet(())
    if options["examples"]:
        gold = labelled(read_corpus(options["examples"]), where=options["examples"])
        examples = example_set(gold, schema)
        if examples.left_out:
            say(f"left out {examples.left_out} of {len(gold)} examples, whose answers would not ground exactly")
    return Prompt(
        schema=schema,
        examples=examples,
        guidelines=read_guidelines(Path(options["guidelines"]) if options["guidelines"] else None),
        shots=options["shots"],
        relations=options["relations"],
        most_spans=options["max_spans"],
        max_tokens=options["max_tokens"],
    )


def _others(options: dict[str, Any], here: "Workspace") -> dict[str, Any]:
    """The other voices that were asked for."""
    others: dict[str, Any] = {}
    if options["with_model"] or options["ensemble"] or options["model"]:
        from workbench.tag.find import find_model
        from workbench.tag.model import load_model
        from workbench.tag.prelabel import predict

        tagger = load_model(find_model(options["model"], here))
        others["model"] = lambda document: predict(tagger, [document])[0]
    if options["rules"]:
        others["rules"] = _rules(options["rules"], options["schema_path"], here)
    return others


def _rules(given: str, schema_path: str | None, here: "Workspace") -> Callable[["Document"], "Annotation"]:
    """The rules of a file (see workbench.tag.rules), or a function of the user's."""
    from workbench.assist.ensemble import load_rules
    from workbench.tag.rules import AUTO, find_rules

    if given != AUTO and ":" in given and not Path(given).exists():
        return load_rules(given)
    return find_rules(given, here, here.schema(schema_path), schema_path=schema_path).label


def _entries(paths: tuple[str, ...], options: dict[str, Any]) -> Iterator["Entry"]:
    from workbench.read.paths import read_paths
    from workbench.read.report import ReadReport

    heard = ReadReport()
    yield from islice(read_paths(paths, split=options["split"], report=heard), options["limit"])
    for line in heard.lines():
        say(line)


def _judge(paths: tuple[str, ...], options: dict[str, Any]) -> tuple[Any, Callable[[Any], None]]:
    if not options["calibrate"]:
        return None, lambda outcome: None
    from workbench.assist.calibrate import Judge

    gold = {entry.document.id: entry for entry in _entries(paths, options) if entry.annotation is not None}
    judge = Judge(gold)
    return judge, judge.outcomes.append


def _keep(judgement: "Judgement", method: "Method", here: "Workspace") -> None:
    from workbench.assist.calibrate import calibration_file, trust_file

    judgement.calibration.save(calibration_file(here, method))
    judgement.trust.save(trust_file(here, method))
    say(
        f"calibrated on {judgement.spans} spans of {judgement.calibration.bulletins} bulletins: Brier score by folds "
        f"{judgement.brier:.3f}, against {judgement.brier_of_mean:.3f} for one probability for all"
    )


def _judged(judgement: "Judgement | None") -> dict[str, Any]:
    if judgement is None:
        return {}
    return {"calibration": {"spans": judgement.spans, "brier": judgement.brier, "of_mean": judgement.brier_of_mean}}


def _plan_lines(planned: dict[str, Any]) -> Iterator[str]:
    yield (f"{planned['documents']} bulletins, {planned['questions']} questions, {planned['cached']} answered before")
    yield (
        f"about {planned['prompt_tokens']:,} tokens to read and at most {planned['completion_tokens_at_most']:,} to "
        f"write; money: at most {planned['money_at_most']:.2f}"
    )


def _lines(done: "Assisted", version: str, output: str, calls: "list[Call]") -> Iterator[str]:
    labelled = done.documents - len(done.failures)
    yield f"{labelled} of {done.documents} bulletins with {done.spans} spans by {version} are in {output}"
    rate = done.hallucination_rate
    if rate is not None:
        yield (
            f"{done.proposals} proposals: {done.hallucinations} not borne out by the text ({rate:.1%}), "
            f"{done.review} for a person's look"
        )
        yield from table(("status", "proposals"), done.statuses.most_common())
    yield (
        f"{done.answers} answers, {done.cached} of them from the cache; {done.cost.prompt:,} tokens read, "
        f"{done.cost.completion:,} written, money {done.cost.money:.2f}, {done.seconds:.1f} s"
    )
    if calls:
        header = ("bulletin", "sample", "outcome", "seconds", "waited", "read", "written", "finish")
        yield from table(header, [tuple(_call(call).values()) for call in calls])


def _call(call: "Call") -> dict[str, Any]:
    return {
        "id": call.document,
        "sample": call.sample,
        "outcome": call.outcome,
        "seconds": round(call.seconds, 3),
        "waited": round(call.waited, 3),
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": call.completion_tokens,
        "finish": call.finish,
    }


def _fail(done: "Assisted") -> None:
    """Names what was not labelled, and ends with exit status 1: a run that lacks answers is not done."""
    from workbench.core.errors import AssistError

    for name, reason in done.failures[:20]:
        say(f"{name}: {reason}")
    more = f" (and {len(done.failures) - 20} more)" if len(done.failures) > 20 else ""
    why = f"; {done.stopped}" if done.stopped else ""
    raise AssistError(
        f"{len(done.failures)} of {done.documents} bulletins{more} got no answer and are unlabelled{why}; "
        "run the same command again to ask for them, answers so far are kept"
    )
