"""Figures scored by what they say."""

from score_help import entry, schema_of

from workbench.core.errors import InputError
from workbench.score.counts import Counts
from workbench.score.evaluation import evaluate_entries

SCHEMA = schema_of(["FIGURE_KILLED", "FIGURE_INJURED", "ACTOR"])
WORDS = {"six": 6, "6": 6, "at least six": (">=", 6), "several": None}


def read(phrase):
    if phrase not in WORDS:
        raise InputError("no quantity")
    return WORDS[phrase]


def values(text, gold, predicted):
    return evaluate_entries([entry(gold, text=text)], [entry(predicted, text=text)], SCHEMA, read_figure=read)


def test_same_value_with_another_boundary_is_right():
    text = "six , at least six men, six hurt"
    gold = [(0, 3, "FIGURE_KILLED"), (6, 18, "FIGURE_KILLED"), (24, 27, "FIGURE_INJURED")]
    predicted = [(0, 4, "FIGURE_KILLED"), (15, 18, "FIGURE_KILLED"), (24, 27, "FIGURE_KILLED")]
    found = values(text, gold, predicted)
    # "six " reads as six; "six" for "at least six" is another value; the third has another label.
    assert found.by_label("values") == {
        "FIGURE_INJURED": Counts(fn=1),
        "FIGURE_KILLED": Counts(tp=1, fp=2, fn=1),
        "ACTOR": Counts(),
    }
    assert found.counts("strict") == Counts(fp=3, fn=3)


def test_phrases_that_cannot_be_read_equal_only_themselves():
    text = "several dozens Several dozens"
    found = values(text, [(0, 14, "FIGURE_KILLED")], [(0, 14, "FIGURE_KILLED")])
    assert found.counts("values") == Counts(tp=1)
    found = values(text, [(0, 14, "FIGURE_KILLED")], [(0, 7, "FIGURE_KILLED")])
    assert found.counts("values") == Counts(fp=1, fn=1)


def test_other_labels_are_no_figures_and_without_a_reader_there_is_no_table():
    found = values("six", [(0, 3, "ACTOR")], [(0, 3, "ACTOR")])
    assert found.counts("values") == Counts()
    plain = evaluate_entries([entry([], text="six")], [entry([], text="six")], SCHEMA)
    assert "values" not in plain.tables
