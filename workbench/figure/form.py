"""The normal form of a figure."""

from dataclasses import dataclass
from typing import Any

COMPARATORS = ("eq", "ge", "gt", "le", "lt", "approx", "range", "vague")
Number = int | float


@dataclass(frozen=True, slots=True)
class Figure:
    """What a phrase says of a quantity.

    `value` is the number that is written (None for a range and for a vague class); `low` and `high` are the least and
    the greatest number it allows, None where it leaves them open. For whole numbers "more than 30" has low 31.
    `vague` names the class ("dozens"), whose `low` is what `policy` reads from it. `unit` is None for people and
    things that are counted, else a currency code, a measure, "percent", "percent change", "percentage points",
    "change" (increased by 200) or "share" (half of them).
    """

    comparator: str
    value: Number | None
    low: Number | None = None
    high: Number | None = None
    vague: str | None = None
    unit: str | None = None
    policy: str = "literal"

    @property
    def counts(self) -> bool:
        """Whether it counts people or things, so that it may stand in a record."""
        return self.unit is None

    @property
    def least(self) -> Number | None:
        """The smallest number that was stated; None where none was ("up to" states only a greatest: that one)."""
        if self.comparator == "approx":
            return self.value
        return next((x for x in (self.low, self.high, self.value) if x is not None), None)

    @property
    def most(self) -> Number | None:
        """The greatest number that was stated, never more than that: "at least six" gives 6, not infinity. Never under
        `least` either: "more than 50" states 51 or more, so 51."""
        if self.comparator == "approx":
            return self.value
        return next((x for x in (self.high, self.low, self.value) if x is not None), None)

    def agrees(self, other: "Figure", *, tolerance: float = 0.1) -> bool:
        """Whether one number can satisfy both. Approximate values reach `tolerance` (a share) to both sides."""
        low, high = self._reach(tolerance)
        other_low, other_high = other._reach(tolerance)
        return low <= other_high and other_low <= high

    def row(self) -> dict[str, Any]:
        """The JSON object of the contract."""
        return {name: getattr(self, name) for name in ("comparator", "value", "low", "high", "vague", "unit")}

    def _reach(self, tolerance: float) -> tuple[float, float]:
        if self.comparator == "approx" and self.value is not None:
            slack = abs(self.value) * tolerance
            return self.value - slack, self.value + slack
        low = self.low if self.low is not None else float("-inf")
        high = self.high if self.high is not None else float("inf")
        return low, high
