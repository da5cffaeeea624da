"""A language model on gold: `python -m tests.bench_assist --help`, or `make bench-assist`.

Without an address it is the small model on this machine, which shows that the whole way works and labels badly. With
WORKBENCH_LLM_URL, _MODEL and _KEY set and --remote it is theirs. The bulletins are the first of
../shared/data/gold/train.jsonl; the examples come from annotations/, and guidelines are added where named. Beside the
language model alone stand the trained tagger and the ensemble of both (policy in workbench/assist/ensemble.py), whose
trust is fitted on the other folds.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from workbench.assist.budget import Budget
from workbench.assist.client import Client, Patience
from workbench.assist.endpoint import endpoint
from workbench.assist.ensemble import combine, fit_trust
from workbench.assist.examples import example_set
from workbench.assist.label import Method, Outcome
from workbench.assist.local import local_model
from workbench.assist.prompt import Prompt, read_guidelines
from workbench.assist.run import assist
from workbench.assist.store import Store
from workbench.cli.common import table
from workbench.core.corpus import Annotation, Entry, load_corpus
from workbench.core.workspace import find_workspace, packaged
from workbench.score.evaluation import evaluate_entries
from workbench.score.resample import bootstrap
from workbench.tag.find import find_model
from workbench.tag.model import load_model
from workbench.tag.prelabel import predict

GOLD = Path(__file__).parents[1] / "../shared/data/gold/train.jsonl"
FOLDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=GOLD)
    parser.add_argument("--bulletins", type=int, default=20)
    parser.add_argument("--remote", action="store_true", help="the model of the environment, not the small one here")
    parser.add_argument("--shots", type=int, default=2)
    parser.add_argument("--guidelines", type=Path)
    parser.add_argument("--max-spans", type=int, help="bounds the answer; 8 for the small model")
    parser.add_argument("--max-tokens", type=int, default=4096)
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--state", type=Path, help="a folder that keeps the answers for the next time")
    arguments = parser.parse_args()
    if not arguments.data.exists():
        sys.exit(f"{arguments.data} is not there; this measurement needs the shared data beside the project")
    with ExitStack() as stack:
        measure(arguments, stack)


def measure(arguments: argparse.Namespace, stack: ExitStack) -> None:
    gold, schema = load_corpus(arguments.data)[: arguments.bulletins], find_workspace().schema()
    examples = example_set(load_corpus(packaged("annotations/corpus.jsonl")), schema)
    asked = endpoint() if arguments.remote else stack.enter_context(local_model())
    folder = arguments.state or Path(stack.enter_context(tempfile.TemporaryDirectory()))
    store = Store(folder / "answers.sqlite")
    stack.callback(store.close)
    client = Client(asked, store=store, budget=Budget(), run="bench", patience=Patience(timeout=600))
    stack.callback(client.close)
    prompt = Prompt(
        schema,
        examples,
        read_guidelines(arguments.guidelines),
        shots=arguments.shots,
        most_spans=arguments.max_spans or (None if arguments.remote else 8),
        max_tokens=arguments.max_tokens,
    )
    tagger = load_model(find_model(None, find_workspace()))
    voices = {"model": lambda document: predict(tagger, [document])[0]}
    seen: list[Outcome] = []
    method = Method(client, prompt, others=voices)
    done = assist(gold, method=method, out=folder / "out.jsonl", concurrency=arguments.concurrency, seen=seen.append)
    answered = [(entry, one) for entry, one in zip(gold, seen, strict=True) if one.failure is None]
    replies = [asked.reply for _, one in answered for asked in one.asked]
    seconds = sum(reply.seconds for reply in replies)
    written = sum(reply.completion_tokens for reply in replies)
    read = sum(reply.prompt_tokens for reply in replies)
    print(f"{method.version}: {len(answered)} of {len(gold)} bulletins answered, {done.proposals} proposals")
    for name, reason in done.failures:
        print(f"  {name}: {reason}")
    print("\n".join(table(("status", "proposals"), done.statuses.most_common())))
    print(f"hallucination rate {done.hallucination_rate or 0:.3f}; {done.review} proposals for a person's look")
    print(f"{read:,} tokens read, {written:,} written, {written / max(seconds, 1e-9):.1f} tokens written a second")
    print("\n".join(table(("who", "F1", "95 %", "precision", "recall", "spans"), rows(answered, schema))))


def rows(answered: Sequence[tuple[Entry, Outcome]], schema: object) -> list[tuple[object, ...]]:
    from workbench.core.schema import Schema

    assert isinstance(schema, Schema)
    gold = [entry for entry, _ in answered]
    said = {name: {entry.document.id: outcome.voices[name] for entry, outcome in answered} for name in ("llm", "model")}
    said["ensemble"] = {}
    for fold in range(FOLDS):
        rest = [entry for number, entry in enumerate(gold) if number % FOLDS != fold]
        trust = fit_trust(rest, {name: said[name] for name in ("llm", "model")})
        for entry in gold[fold::FOLDS]:
            voices = {name: said[name][entry.document.id] for name in ("llm", "model")}
            said["ensemble"][entry.document.id] = Annotation(combine(voices, trust), origin="llm")
    found = []
    for name, annotations in said.items():
        predicted = [Entry(entry.document, annotations[entry.document.id]) for entry in gold]
        evaluation = evaluate_entries(gold, predicted, schema)
        counts, interval = evaluation.counts(), bootstrap(evaluation)["micro"]
        between = interval and f"{interval.low:.3f}-{interval.high:.3f}"
        found.append((name, counts.f1, between, counts.precision, counts.recall, counts.predicted))
    return found


if __name__ == "__main__":
    main()
