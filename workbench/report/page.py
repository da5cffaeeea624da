"""The report as one HTML page: style, drawings and script inside, nothing fetched, everything escaped.

Two walls stand between a bulletin and the reader's browser: the template escapes every value, and the page's own
content security policy lets no script run but ours (by its hash) and nothing be fetched from anywhere.
"""

import base64
import hashlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.span import Span
from workbench.report.charts import Chart, bounds, curve_chart, history_charts, reliability_chart
from workbench.report.contents import Report, Scored, some
from workbench.report.context import ERRORS, Card, cards
from workbench.report.records import Records
from workbench.report.timeline import timeline
from workbench.score.agreement import PairAgreement
from workbench.score.counts import Counts
from workbench.score.history import Run
from workbench.score.mismatch import KINDS
from workbench.score.resample import Interval

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATE = Path(__file__).parent / "template"
_SURROGATE = re.compile("[\ud800-\udfff]")
_MEASURES = {
    "boundary": "same boundary, any label",
    "relaxed": "overlap, same label",
    "relaxed_iou": "half shared, same label",
    "found": "overlap, any label",
    "token": "tokens",
    "values": "figures, by value",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table of scores; `interval` is None where there is too little gold, or none was drawn."""

    name: str
    counts: Counts
    interval: Interval | None = None
    group: bool = False


@dataclass(frozen=True)
class Differences:
    """The cards of one comparison with what they can be filtered by; `total` counts those not shown as well."""

    key: str
    names: tuple[str, str]
    total: int
    cards: tuple[Card, ...]
    kinds: Mapping[str, str]

    @cached_property
    def labels(self) -> list[str]:
        """The labels that occur."""
        return sorted({label for card in self.cards for label in card.labels})

    @cached_property
    def kinds_met(self) -> list[str]:
        """The kinds that occur."""
        return [kind for kind in KINDS if any(card.kind == kind for card in self.cards)]


def render(report: Report, *, shown: int = 500) -> str:
    """The whole page; at most `shown` differences of each comparison. The same report gives the same characters."""
    from markupsafe import Markup

    script, style = (part(f"report.{ending}") for ending in ("js", "css"))
    if report.records is not None:
        script, style = script + part("records.js"), style + part("records.css")
    page = (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            colors={label.name: label.color for label in report.schema.labels},
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            title="Event records" if report.only_records else "Evaluation report",
            only_records=report.only_records,
            **_views(report, shown),
            **(_records_views(report.records) if report.records else {}),
        )
    )
    return writable(page)


def environment() -> "Environment":
    """The templates, which escape every value."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_TEMPLATE), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {"ratio": _ratio, "many": lambda number: f"{number:,}", "between": _between, "place": _place}
    return made


def writable(page: str) -> str:
    """The page as UTF-8 can hold it: a lone surrogate it cannot."""
    return _SURROGATE.sub("\ufffd", page)


def part(name: str) -> str:
    """A file of the templates' folder."""
    return (_TEMPLATE / name).read_text(encoding="utf-8")


def _records_views(records: Records) -> dict[str, Any]:
    """What the template shows of event records: the timeline, types to choose from, and the greatest numbers."""
    spans = [event.spans[kind] for event in records.shown for kind in ("killed", "injured") if kind in event.spans]
    return {
        "line": timeline(records.all),
        "types": sorted({event.type for event in records.shown}),
        "most": {k: max([s.most or 0 for s in spans if s.kind == k], default=0) for k in ("killed", "injured")},
    }


def _place(number: int, most: int) -> float:
    """Where a number stands on a logarithmic scale of 0 to 100."""
    return 100 * math.log1p(number) / math.log1p(max(most, 10))


def _views(report: Report, shown: int) -> dict[str, Any]:
    """Everything that the template shows, worked out."""
    scored, charts = report.scored, history_charts(report.runs)
    return {
        "history": charts,
        "runs": [(run, bounds(run) if run.summary["strict"].get("interval") else None) for run in _newest(report)],
        "reliability": reliability_chart(scored.calibration) if scored and scored.calibration.bands else None,
        "curve": _curve(report),
        "labels": list(_rows(scored)) if scored else [],
        "measures": list(_measures(scored)) if scored else [],
        "errors": _errors(scored, shown) if scored else None,
        "disagreements": [_disagreements(report, pair, shown) for pair in report.agreement.pairs]
        if report.agreement
        else [],
        "agreed_labels": _agreed_labels(report),
    }


def _newest(report: Report) -> Sequence[Run]:
    return list(reversed(report.runs))


def _curve(report: Report) -> Chart | None:
    return curve_chart(report.curve) if report.curve else None


def _rows(scored: Scored) -> Iterator[Row]:
    """Each group that occurs with its labels under it."""
    by_label = scored.evaluation.by_label()
    for group, names in scored.evaluation.groups.items():
        met = [name for name in names if by_label[name].gold or by_label[name].predicted]
        if len(met) > 1:
            yield Row(group, scored.evaluation.counts(labels=names), scored.intervals.get(f"group:{group}"), group=True)
        yield from (Row(name, by_label[name], scored.intervals.get(f"label:{name}")) for name in met)


def _measures(scored: Scored) -> Iterator[Row]:
    yield Row("strict: same start, end and label", scored.evaluation.counts(), scored.intervals.get("micro"))
    for measure, name in _MEASURES.items():
        if measure in scored.evaluation.tables:
            yield Row(name, scored.evaluation.counts(measure))


def _errors(scored: Scored, shown: int) -> Differences:
    documents = [document.id for document in scored.pairs.documents]
    spans = [dict(zip(documents, side, strict=True)) for side in (scored.pairs.gold, scored.pairs.predicted)]
    found = tuple(cards(some(scored.mismatches, shown), spans, ("gold", "predicted")))
    return Differences("errors", ("gold", "predicted"), len(scored.mismatches), found, ERRORS)


def _disagreements(report: Report, pair: PairAgreement, shown: int) -> Differences:
    names = (pair.first, pair.second)
    entries = report.spans or {}
    spans: list[dict[str, tuple[Span, ...]]] = [
        {key: entry.spans for key, entry in entries[name].items()} for name in names
    ]
    place = report.agreement.pairs.index(pair) if report.agreement else 0
    kinds = {kind: kind for kind in KINDS} | {"only first": f"only {names[0]}", "only second": f"only {names[1]}"}
    found = tuple(cards(some(pair.mismatches, shown), spans, names))
    return Differences(f"pair{place}", names, len(pair.mismatches), found, kinds)


def _agreed_labels(report: Report) -> list[tuple[str, float | None, float | None, float | None]]:
    """Label, mean pairwise F1, alpha-U and kappa of the labels that somebody used."""
    found = report.agreement
    if found is None:
        return []
    rows = [(name, found.mean_f1(label=name), found.alpha_by_label[name], found.mean_kappa(name))
            for name in report.schema.names]  # fmt: skip
    return [row for row in rows if row[1] is not None]


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _between(interval: Interval | tuple[float, float] | None) -> str:
    if interval is None:
        return "too little gold"
    low, high = (interval.low, interval.high) if isinstance(interval, Interval) else interval
    return f"{low:.3f}–{high:.3f}"
