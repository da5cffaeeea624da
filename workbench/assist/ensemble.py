"""Several voices to one annotation, by a stated policy.

Each voice is trusted, label by label, as far as its spans were right on gold (its precision). A span is taken to be
right with the probability that not all who propose it are wrong: 1 - (1 - p1)(1 - p2)... ("noisy or", Pearl 1988,
section 4.3.2). It is kept from 0.3 on, which serves F1; of overlapping spans the more probable stays, then the longer.
"""

import importlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import InputError
from workbench.core.files import write_text
from workbench.core.parse import json_value
from workbench.core.span import Span

# Without gold: a trained tagger may speak alone, rules that a person wrote too, a language model needs company.
UNSEEN = MappingProxyType({"model": 0.6, "rules": 0.6, "llm": 0.25})
# Precisions are drawn towards the voice's overall one as if by so many spans: little gold says little of a label.
_PRIOR_SPANS = 5.0
# F1 is greatest where everything is kept that is right with more than half of that F1 (Lipton, Elkan and Naryanaswamy
# 2014, "Optimal Thresholding of Classifiers to Maximize F1 Measure"); taggers here reach about 0.6.
_KEEP = 0.3


@dataclass(frozen=True)
class Trust:
    """The precision of each voice overall, and by label where gold says."""

    overall: Mapping[str, float] = field(default_factory=lambda: UNSEEN)
    by_label: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def of(self, voice: str, label: str) -> float:
        """How far a voice is trusted with a label; one half for a voice never heard of."""
        return self.by_label.get(voice, {}).get(label, self.overall.get(voice, 0.5))

    def save(self, path: Path) -> None:
        """Writes it as JSON."""
        both = {"overall": dict(self.overall), "by_label": {name: dict(each) for name, each in self.by_label.items()}}
        write_text(path, json.dumps(both, indent=2) + "\n")


def load_trust(path: Path) -> Trust:
    """The trust of a file, or the one without gold where there is no file. Raises InputError where it is damaged."""
    if not path.exists():
        return Trust()
    try:
        value = json_value(path.read_text(encoding="utf-8"))
        return Trust(dict(value["overall"]), {name: dict(each) for name, each in value["by_label"].items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} holds no trust ({error}); delete it, and calibrate again") from None


def combine(voices: Mapping[str, Annotation], trust: Trust) -> tuple[Span, ...]:
    """The spans of the policy, flat and in text order, each with its probability as score."""
    doubt = dict[Span, float]()
    for voice, said in voices.items():
        for span in said.spans:
            doubt[span] = doubt.get(span, 1.0) * (1 - trust.of(voice, span.label))
    ranked = sorted((left, span.start - span.end, span) for span, left in doubt.items() if 1 - left >= _KEEP)
    kept = list[Span]()
    for left, _, span in ranked:
        if not any(span.overlaps(other) for other in kept):
            kept.append(replace(span, score=1 - left))
    return tuple(sorted(kept))


def fit_trust(gold: Iterable[Entry], voices: Mapping[str, Mapping[str, Annotation]]) -> Trust:
    """Each voice's precisions on gold; `voices` gives for each name what it says, by document id."""
    overall, by_label = dict[str, float](), dict[str, Mapping[str, float]]()
    entries = list(gold)
    for voice, said in voices.items():
        counts = dict[str, list[int]]()
        for entry in entries:
            right = set(entry.spans)
            for span in said[entry.document.id].spans:
                cell = counts.setdefault(span.label, [0, 0])
                cell[0] += span in right
                cell[1] += 1
        hits, many = (sum(cell[n] for cell in counts.values()) for n in (0, 1))
        overall[voice] = (hits + 1) / (many + 2)
        by_label[voice] = {
            label: (cell[0] + _PRIOR_SPANS * overall[voice]) / (cell[1] + _PRIOR_SPANS)
            for label, cell in counts.items()
        }
    return Trust(overall, by_label)


def load_rules(name: str) -> Callable[[Document], Annotation]:
    """A user's rules as a voice: `module:function`, a function from a text to (start, end, label) triples or spans.

    Raises InputError where there is none, or where it gives something else.
    """
    module, _, attribute = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        # A program of a package does not look into the current folder, where people keep their rules.
        sys.path.append(here)
    try:
        function = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"there are no rules at {name!r} ({error}); expected module:function, in this folder or installed"
        ) from None

    def labeller(document: Document) -> Annotation:
        try:
            made = [span if isinstance(span, Span) else Span(*span) for span in function(document.text)]
            return (
                Entry(document, Annotation(tuple(sorted(made)), origin="model", author=name)).annotation or Annotation()
            )
        except (TypeError, InputError) as error:
            raise InputError(f"the rules {name} gave no spans for bulletin {document.id}: {error}") from None

    return labeller
