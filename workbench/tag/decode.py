"""From tag scores to spans: the best BIO sequence that is valid, by Viterbi decoding."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.core.span import Span
from workbench.tag.units import Units

Floats = NDArray[np.float32]


def log_softmax(logits: Floats, *, temperature: float = 1.0) -> Floats:
    """Log probabilities over the last axis, after division by the temperature."""
    scaled = logits.astype(np.float32) / np.float32(temperature)
    scaled -= scaled.max(axis=-1, keepdims=True)
    scaled -= np.log(np.exp(scaled).sum(axis=-1, keepdims=True))
    return scaled


def best_tags(log_probs: Floats) -> tuple[NDArray[np.int64], bool]:
    """The most probable valid tag sequence, and whether plain argmax would have been invalid.

    `log_probs` [units, 1 + 2 * labels] in the order of Schema.tags: O, then B and I of each label. Valid means:
    I of a label follows B or I of the same label (IOB2). The transitions are so plain that a step costs one
    maximum over all tags and one per label (Viterbi 1967, with 0/1 transitions).
    """
    count = len(log_probs)
    if not count:
        return np.zeros(0, dtype=np.int64), False
    inside = np.arange(2, log_probs.shape[1], 2)
    score = log_probs[0].copy()
    score[inside] = -np.inf
    back = np.empty((count, log_probs.shape[1]), dtype=np.int64)
    for step in range(1, count):
        best = int(score.argmax())
        back[step] = best
        from_begin = score[inside - 1] >= score[inside]
        back[step, inside] = np.where(from_begin, inside - 1, inside)
        reach = np.full_like(score, score[best])
        reach[inside] = np.maximum(score[inside - 1], score[inside])
        score = reach + log_probs[step]
    tags = np.empty(count, dtype=np.int64)
    tags[-1] = int(score.argmax())
    for step in range(count - 1, 0, -1):
        tags[step - 1] = back[step, tags[step]]
    return tags, bool((tags != log_probs.argmax(axis=1)).any())


def spans_of_tags(tags: NDArray[np.int64], log_probs: Floats, units: Units, labels: Sequence[str]) -> tuple[Span, ...]:
    """Spans of a valid tag sequence [units]; `score` is the geometric mean of the tags' probabilities in the span."""
    spans = []
    begins = np.flatnonzero(tags % 2 == 1)
    for begin in begins:
        end = int(begin) + 1
        while end < len(tags) and tags[end] == tags[begin] + 1:
            end += 1
        chosen = log_probs[np.arange(begin, end), tags[begin:end]]
        score = float(np.exp(chosen.mean(dtype=np.float64)))
        label = labels[int(tags[begin]) // 2]
        spans.append(Span(int(units.starts[begin]), int(units.ends[end - 1]), label, min(1.0, score)))
    return tuple(spans)


def tags_of_spans(spans: Sequence[Span], units: Units, labels: Sequence[str]) -> tuple[NDArray[np.int64], list[Span]]:
    """Tag ids [units] for training, and the spans that were left out because they fit no unit's edges or overlap.

    Units touched by a span that is left out get -100, "unknown" to the loss, never O: the model is not taught
    that a person's mark is nothing.
    """
    place = {name: index for index, name in enumerate(labels)}
    tags = np.zeros(len(units), dtype=np.int64)
    taken = np.zeros(len(units), dtype=bool)
    left_out = []
    for span in sorted(spans):
        first = int(np.searchsorted(units.ends, span.start, side="right"))
        last = int(np.searchsorted(units.starts, span.end, side="left"))
        touched = slice(first, last)
        fits = first < last and units.starts[first] == span.start and units.ends[last - 1] == span.end
        if not fits or taken[touched].any():
            left_out.append(span)
            tags[touched] = np.where(taken[touched], tags[touched], -100)
            continue
        tags[touched] = 2 * place[span.label] + 2
        tags[first] -= 1
        taken[touched] = True
    return tags, left_out
