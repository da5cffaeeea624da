"""The grammar of figures: phrase by phrase, and what holds for all numbers."""

# ruff: noqa: SIM905 - word lists read better as text

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import InputError
from workbench.figure.form import Figure
from workbench.figure.grammar import figures_in, normal_form
from workbench.figure.policy import load_policy

_TABLE = Path(__file__).parent / "figures" / "phrases.txt"
_SIGNS = {"=": "eq", ">=": "ge", ">": "gt", "<=": "le", "<": "lt", "~": "approx", "~<": "approx"}


def rows() -> list[tuple[str, str]]:
    lines = [line for line in _TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [(phrase.strip(), meaning.strip()) for phrase, meaning in (line.rsplit("|", 1) for line in lines)]


def expected(meaning: str) -> dict[str, object]:
    """The normal form that a line of the table writes in short."""
    if meaning.startswith("?"):
        name, low = meaning[1:].rsplit(" ", 1)
        unit = None
        return _row("vague", None, None if low == "-" else int(low), None, name, unit)
    if match := re.match(r"(\S+)\.\.(\S+)(?: (.+))?$", meaning):
        return _row("range", None, _number(match[1]), _number(match[2]), None, match[3])
    match = re.match(r"(=|>=|<=|~<|~|>|<)(-?[\d.]+)(?: (.+))?$", meaning)
    assert match, meaning
    sign, value, unit = match[1], _number(match[2]), match[3]
    step = 1 if unit is None else 0
    low = {"=": value, ">=": value, ">": value + step}.get(sign)
    high = {"=": value, "<=": value, "<": value - step, "~<": value - step}.get(sign)
    return _row(_SIGNS[sign], value, low, high, None, unit)


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _row(*values: object) -> dict[str, object]:
    return dict(zip(("comparator", "value", "low", "high", "vague", "unit"), values, strict=True))


def test_the_table_is_long_enough_and_says_nothing_twice() -> None:
    phrases = [phrase for phrase, _ in rows()]
    assert len(set(phrases)) >= 326


@pytest.mark.parametrize(("phrase", "meaning"), rows())
def test_phrase(phrase: str, meaning: str) -> None:
    if meaning == "!":
        with pytest.raises(InputError):
            normal_form(phrase)
    else:
        assert normal_form(phrase).row() == expected(meaning)


@given(st.integers(0, 10**14))
def test_every_whole_number_is_read_however_it_is_grouped(number: int) -> None:
    assert normal_form(str(number)).value == number
    assert normal_form(f"{number:,}").value == number
    head, tail = str(number)[:-3], str(number)[-3:]
    pairs = re.sub(r"(?<=\d)(?=(?:\d\d)+$)", ",", head)
    assert normal_form(f"{pairs},{tail}" if pairs else tail).value == number


@given(st.integers(1, 999_999))
def test_number_words_are_read_back(number: int) -> None:
    assert normal_form(spelled(number)).value == number
    assert normal_form(f"at least {spelled(number)} people").low == number
    assert normal_form(f"more than {spelled(number)}").low == number + 1


@given(st.integers(2, 99_999), st.sampled_from(("{}", "more than {}", "fewer than {}", "at least {}", "up to {}")))
def test_the_least_stated_is_never_over_the_most(number: int, phrase: str) -> None:
    figure = normal_form(phrase.format(number))
    expected = number + {"more": 1, "fewer": -1}.get(phrase.split()[0], 0)
    assert (figure.least, figure.most) == (expected, expected)


def spelled(number: int) -> str:
    small = (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen"
    ).split()
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()
    if number < 20:
        return small[number]
    if number < 100:
        return tens[number // 10 - 2] + (f"-{small[number % 10]}" if number % 10 else "")
    if number < 1000:
        return f"{spelled(number // 100)} hundred" + (f" and {spelled(number % 100)}" if number % 100 else "")
    rest = number % 1000
    joint = " and " if 0 < rest < 100 else " "
    return f"{spelled(number // 1000)} thousand" + (f"{joint}{spelled(rest)}" if rest else "")


@given(st.text(max_size=60))
def test_any_text_gives_a_figure_or_one_clear_error(text: str) -> None:
    try:
        figure = normal_form(text)
    except InputError:
        return
    assert figure.vague or figure.least is not None


def test_every_figure_of_a_phrase_with_its_offsets() -> None:
    text = "killed at least six people and injured 14"
    found = [(text[x.start : x.end], x.figure.comparator, x.figure.value) for x in figures_in(text)]
    assert found == [("at least six", "ge", 6), ("14", "eq", 14)]


@pytest.mark.parametrize(
    ("policy", "phrase", "low"),
    [
        ("literal", "dozens", 24),
        ("acled", "dozens", 12),
        ("acled", "tens", 10),
        ("acled", "hundreds", 100),
        ("acled", "tens of thousands", 10_000),
        ("isaf", "several", 3),
        ("isaf", "multiple", 3),
        ("isaf", "numerous", 4),
        ("isaf", "a handful", 4),
        ("isaf", "a large number", 5),
        ("isaf", "a couple", 2),
        ("isaf", "dozens", 24),
    ],
)
def test_named_policies(policy: str, phrase: str, low: int) -> None:
    figure = normal_form(phrase, policy=load_policy(policy))
    assert (figure.comparator, figure.low, figure.value) == ("vague", low, None)
    assert figure.policy == f"{policy}/1"


def test_a_policy_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\nversion = 3\nbase = "acled"\n[low]\nseveral = 5\n', encoding="utf-8")
    mine = load_policy(path)
    assert normal_form("several hundred", policy=mine).low == 500
    assert normal_form("dozens", policy=mine).low == 12
    assert normal_form("dozens", policy=mine).policy == "mine/3"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("low = [", "is not TOML"),
        ("[low]\ndozen = 3", "the class 'dozen'"),
        ("[low]\ndozens = -3", "dozens = -3"),
        ("[low]\ndozens = true", "dozens = True"),
        ('base = "gtd"', "base = 'gtd'"),
        ('version = "1"', "version = '1'"),
        ("[lows]\n", "the key 'lows'"),
        ("low = 3", "low that is no table"),
    ],
)
def test_a_broken_policy_file_is_named(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(part)) as caught:
        load_policy(path)
    assert str(path) in str(caught.value)


def test_a_policy_that_is_not_there() -> None:
    with pytest.raises(InputError, match="no policy 'gtd'"):
        load_policy("gtd")
    with pytest.raises(InputError, match="is not there"):
        load_policy("nowhere.toml")


def test_least_most_and_agreement() -> None:
    six, three, twelve = normal_form("at least six"), normal_form("three"), normal_form("12")
    assert (six.least, six.most) == (6, 6)
    assert (normal_form("nearly 4,000").least, normal_form("nearly 4,000").most) == (4000, 4000)
    assert (normal_form("up to 50").least, normal_form("10-15").most) == (50, 15)
    assert six.agrees(twelve)
    assert not six.agrees(three)
    assert normal_form("about 30").agrees(normal_form("32"))
    assert not normal_form("about 30").agrees(normal_form("40"))
    assert Figure("vague", None, 24, vague="dozens").agrees(normal_form("61"))
