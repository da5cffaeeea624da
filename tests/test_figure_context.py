"""What the words around a figure say of it."""

import pytest

from workbench.figure.context import is_part, scope_of, sentence_around


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("Twelve people, including [three] children, were killed.", "subset"),
        ("Six were killed, among them [two] policemen.", "subset"),
        ("Six people died, of whom [four] were soldiers.", "subset"),
        ("[Two] of them were women.", "subset"),
        ("[1,169] of the returnees from Pakistan were expelled under force.", "subset"),
        ("[Three] of the injured are in hospital.", "subset"),
        ("Six men, including two officers and [three] guards, died.", "subset"),
        ("The Taliban confirmed the deaths of [three] of their security personnel.", "incident"),
        ("[Four] Taliban fighters had been killed after an attack.", "incident"),
        ("A blast killed [six] and injured 14 people.", "incident"),
        ("Two more died of their wounds, bringing the toll to [45].", "cumulative"),
        ("The death toll rose to [61] on Monday.", "cumulative"),
        ("[45] people have died so far.", "cumulative"),
        ("Since November last year, [roughly half a million] migrants have been repatriated.", "period"),
        ("[200] people were arrested this year.", "period"),
        ("[nearly one million] migrants will be expelled from Pakistan.", "forecast"),
        ("Troops shot [two] men. Since January 40 have died.", "incident"),
    ],
)
def test_scope(text: str, scope: str) -> None:
    start, end = text.index("["), text.index("]") - 1
    plain = text.replace("[", "").replace("]", "")
    assert scope_of(plain, start, end) == scope
    assert is_part(plain, start, end) == (scope == "subset")


def test_a_sentence_has_its_own_ends() -> None:
    text = "First one. Second 12 here. Third."
    start = text.index("12")
    left, right = sentence_around(text, start, start + 2)
    assert text[left:right] == "Second 12 here."
    assert sentence_around("12", 0, 2) == (0, 2)
