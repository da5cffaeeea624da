"""Offsets through a real tokenizer: what goes in as characters comes out as the same characters."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from workbench.core.span import Span
from workbench.tag.decode import Floats, best_tags, spans_of_tags, tags_of_spans
from workbench.tag.units import Units, units_of
from workbench.tag.windows import windows_of

TEXT = st.text(
    st.one_of(st.sampled_from("abc 12,.\n\u00a0’é😀\u0301-$%"), st.characters(exclude_categories=["Cs"])), max_size=80
)


def letters_tokenizer() -> Tokenizer:
    """A real WordPiece tokenizer whose pieces are single characters: small, and without any file."""
    letters = [chr(code) for code in range(33, 127)]
    pieces = ["[UNK]", *letters, *(f"##{letter}" for letter in letters)]
    tokenizer = Tokenizer(models.WordPiece({piece: place for place, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


TOKENIZER = letters_tokenizer()


def units(text: str) -> Units:
    return units_of(text, TOKENIZER.encode(text, add_special_tokens=False))


def certain(tags: np.ndarray, count: int) -> np.ndarray:
    scores = np.full((len(tags), count), -20.0, dtype=np.float32)
    scores[np.arange(len(tags)), tags] = 0.0
    return scores


@given(TEXT)
def test_units_are_in_order_apart_and_free_of_outer_spaces(text: str) -> None:
    found = units(text)
    last = 0
    for start, end in zip(found.starts, found.ends, strict=True):
        assert last <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        last = end


@given(TEXT, st.data())
@settings(max_examples=300)
def test_spans_on_unit_edges_survive_tagging_and_decoding(text: str, data: st.DataObject) -> None:
    found = units(text)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(found)), max_size=8)))
    spans = tuple(
        Span(int(found.starts[a]), int(found.ends[b - 1]), data.draw(st.sampled_from(["X", "Y"])))
        for a, b in itertools.pairwise(cuts)
    )
    tags, left_out = tags_of_spans(spans, found, ["X", "Y"])
    assert left_out == []
    best, repaired = best_tags(certain(tags, 5))
    assert spans_of_tags(best, certain(tags, 5), found, ["X", "Y"]) == spans
    assert not repaired


def test_neighbours_of_one_label_stay_two_spans() -> None:
    found = units("Argo Darayim")
    spans = (Span(0, 4, "X"), Span(5, 12, "X"))
    tags, _ = tags_of_spans(spans, found, ["X"])
    assert tags.tolist() == [1, 1]
    assert spans_of_tags(tags, certain(tags, 3), found, ["X"]) == spans


def test_a_unit_ends_before_punctuation_and_joins_the_pieces_of_a_word() -> None:
    text = "Explosion (IED) killed 2,831."
    found = units(text)
    assert [text[a:b] for a, b in zip(found.starts, found.ends, strict=True)] == [
        "Explosion", "(", "IED", ")", "killed", "2", ",", "831", ".",
    ]  # fmt: skip
    assert found.token_ids[found.first_token].shape == found.starts.shape


def test_a_span_that_cuts_a_unit_becomes_unknown_and_is_reported() -> None:
    found = units("Kabulians fled home")
    tags, left_out = tags_of_spans([Span(0, 5, "X"), Span(10, 14, "X")], found, ["X"])
    assert left_out == [Span(0, 5, "X")]
    assert tags.tolist() == [-100, 1, 0]


def test_overlapping_spans_leave_the_second_unknown_not_outside() -> None:
    found = units("one two three")
    tags, left_out = tags_of_spans([Span(0, 7, "X"), Span(4, 13, "Y")], found, ["X", "Y"])
    assert left_out == [Span(4, 13, "Y")]
    assert tags.tolist() == [1, 2, -100]


@given(st.integers(1, 60), st.integers(2, 20), st.integers(0, 100))
def test_windows_cover_each_unit_once_and_hold_its_first_token(count: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = np.flatnonzero(np.r_[True, rng.random(count - 1) < 0.6])
    found = Units("", np.arange(count), first, first * 2, first * 2 + 1)
    windows = windows_of(found, width=width, overlap=width // 3)
    covered = [unit for window in windows for unit in range(window.first_unit, window.last_unit)]
    assert covered == list(range(len(found)))
    for window in windows:
        assert window.end - window.start <= width
        tokens = first[window.first_unit : window.last_unit]
        assert all(window.start <= token < window.end for token in tokens)
    assert windows[-1].end == count


@given(TEXT, st.integers(3, 20))
def test_windows_of_any_text_cover_each_unit_once_within_their_width(text: str, width: int) -> None:
    found = units(text)
    windows = windows_of(found, width=width, overlap=width // 3)
    assert [unit for w in windows for unit in range(w.first_unit, w.last_unit)] == list(range(len(found)))
    for window in windows:
        assert window.end - window.start <= width
        tokens = found.first_token[window.first_unit : window.last_unit]
        assert all(window.start <= token < window.end for token in tokens)


def test_a_window_ends_where_a_sentence_ends_and_the_next_begins_there() -> None:
    text = "He fled. “She ran.” They hid!\nWe go on"
    found = units(text)
    windows = windows_of(found, width=12, overlap=4)
    pieces = [text[found.starts[w.first_unit] : found.ends[w.last_unit - 1]] for w in windows]
    assert pieces == ["He fled.", "“She ran.”", "They hid!", "We go on"]
    assert [w.end for w in windows[:-1]] == [w.start for w in windows[1:]]


def test_inside_a_sentence_that_is_longer_than_a_window_neighbours_share_tokens() -> None:
    windows = windows_of(units("a b c d e f g h i j k l. m n"), width=8, overlap=2)
    assert [(w.start, w.end, w.first_unit, w.last_unit) for w in windows] == [
        (0, 8, 0, 7),
        (6, 13, 7, 13),
        (13, 15, 13, 15),
    ]


def brute_force(log_probs: Floats) -> float:
    """The best score of a valid sequence, by trying all."""
    from itertools import product

    count, tags = log_probs.shape
    best = -np.inf
    for sequence in product(range(tags), repeat=count):
        valid = all(
            not (tag and tag % 2 == 0) or (place and sequence[place - 1] in (tag, tag - 1))
            for place, tag in enumerate(sequence)
        )
        if valid:
            best = max(best, float(sum(log_probs[place, tag] for place, tag in enumerate(sequence))))
    return best


@given(st.integers(1, 5), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_viterbi_finds_the_best_valid_sequence(count: int, seed: int) -> None:
    log_probs = np.random.default_rng(seed).normal(size=(count, 5)).astype(np.float32)
    tags, repaired = best_tags(log_probs)
    assert sum(float(log_probs[place, tag]) for place, tag in enumerate(tags)) == pytest.approx(brute_force(log_probs))
    assert repaired == (tags.tolist() != log_probs.argmax(axis=1).tolist())


def whole_sequence(log_probs: Floats) -> float:
    """The best score of a valid sequence, one step after the other over all tags."""
    count, tags = log_probs.shape
    follows = np.array([[not (now and now % 2 == 0) or before in (now, now - 1) for now in range(tags)]
                        for before in range(tags)])  # fmt: skip
    score = np.where(np.arange(tags) % 2 + (np.arange(tags) == 0), log_probs[0].astype(np.float64), -np.inf)
    for step in range(1, count):
        score = np.where(follows, score[:, None], -np.inf).max(axis=0) + log_probs[step]
    return float(score.max())


@given(st.integers(1, 80), st.sampled_from([3, 5, 7]), st.integers(0, 10_000))
@settings(max_examples=150, deadline=None)
def test_decoding_only_what_is_broken_finds_the_best_of_the_whole(count: int, tags: int, seed: int) -> None:
    log_probs = 2 * np.random.default_rng(seed).normal(size=(count, tags)).astype(np.float32)
    found, _ = best_tags(log_probs)
    assert all(
        tag % 2 or not tag or before in (tag, tag - 1) for before, tag in itertools.pairwise([0, *found.tolist()])
    )
    score = float(log_probs[np.arange(count), found].sum(dtype=np.float64))
    assert score == pytest.approx(whole_sequence(log_probs), abs=1e-4)


def test_stretches_that_reach_into_each_other_are_decoded_as_one() -> None:
    # Argmax B-X I-Y B-X I-Y I-Y: each I-Y wants what is before it changed, and both together want one span of Y.
    rows = [[0, 0.5, 0, 0.4, 0], [0, 0, 0, 0, 3], [0, 0.5, 0, 0, 0.4], [0, 0, 0, 0, 3], [0, 0, 0, 0, 3]]
    found, repaired = best_tags(np.array(rows, dtype=np.float32))
    assert (found.tolist(), repaired) == ([3, 4, 4, 4, 4], True)


def test_an_empty_text_has_no_units_windows_or_tags() -> None:
    found = units(" \n ")
    assert len(found) == 0
    assert windows_of(found, width=8, overlap=2) == []
    assert best_tags(np.zeros((0, 5), dtype=np.float32))[0].tolist() == []
