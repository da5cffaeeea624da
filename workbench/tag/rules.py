"""Rules as one more pre-annotator: patterns and lists of words that a schema's folder declares in rules.toml.

[[rules]]
label = "DATE"
pattern = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?: (?:morning|afternoon|evening|night))?'

[[rules]]
label = "LOCATION"
words = ["Quetta", "Lakki Marwat District"]   # or: file = "places.txt", one a line
ignore_case = false

[parts]                                       # what patterns name in braces
number = '(?:\\d+|one|two|three)'

[[rules]]
label = "FIGURE_KILLED"
pattern = '{number}(?= (?:people|men) were killed)'
"""

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.core.corpus import Annotation, Document
from workbench.core.errors import InputError
from workbench.core.files import open_text
from workbench.core.parse import read_toml
from workbench.core.schema import Schema
from workbench.core.span import Span
from workbench.core.text import brief, text_hash
from workbench.core.workspace import Workspace

FILE, AUTO, NONE = "rules.toml", "auto", "none"
POLICIES = ("fill", "prefer")
# On 78 real bulletins the rules that come along made the starter model's F1 .766 with "prefer", .745 with "fill" and
# left it at .747 without: what a person wrote down is right more often than a doubtful model.
POLICY = "prefer"
_PART = re.compile(r"\{([A-Za-z_]\w*)\}")  # braces of a repetition hold digits
_KEYS = {"label", "pattern", "words", "file", "ignore_case"}


@dataclass(frozen=True)
class Rules:
    """Compiled rules in their order, each with its label; `version` changes with what they say."""

    rules: tuple[tuple[str, re.Pattern[str]], ...]
    version: str

    def spans(self, text: str) -> tuple[Span, ...]:
        """What the rules find, whole words only, without overlaps: the longer goes first, then the earlier rule."""
        found = [
            (match.start() - match.end(), place, Span(match.start(), match.end(), label))
            for place, (label, pattern) in enumerate(self.rules)
            for match in pattern.finditer(text)
            if match.end() > match.start() and text[match.start() : match.end()].strip()
        ]
        return flat(span for _, _, span in sorted(found, key=lambda each: each[:2]))

    def label(self, document: Document) -> Annotation:
        """The rules alone as an annotation."""
        return Annotation(self.spans(document.text), origin="model", model_version=self.version)

    def join(self, said: Annotation, document: Document, *, policy: str) -> Annotation:
        """A model's annotation and the rules' spans as one flat layer.

        "fill": the model has the first word, and rules add what touches none of its spans. "prefer": rules have it,
        and the model's spans that touch theirs go; of a span that both have, the model's score stays.
        """
        own = self.spans(document.text)
        scored = {span: span for span in said.spans}
        own = tuple(scored.get(span, span) for span in own)
        spans = flat((*said.spans, *own) if policy == "fill" else (*own, *said.spans))
        return replace(said, spans=spans, relations=() if spans != said.spans else said.relations)


@dataclass(frozen=True)
class Joiner:
    """Rules joined with a model by the policy of that name (see Rules.join)."""

    rules: Rules
    policy: str = POLICY

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise InputError(f"rules cannot be joined by {self.policy!r}; expected one of {', '.join(POLICIES)}")

    def version(self, model: str) -> str:
        """What the two together are called, so that predictions of the model alone are told from theirs."""
        return f"{model}+{self.rules.version}-{self.policy}"

    def __call__(self, said: Annotation, document: Document) -> Annotation:
        """The model's annotation with the rules joined to it."""
        joined = self.rules.join(said, document, policy=self.policy)
        return replace(joined, model_version=self.version(said.model_version or "model"))


def find_rules(given: str, workspace: Workspace, schema: Schema, *, schema_path: str | Path | None = None) -> Rules:
    """The rules of the file `given`; for AUTO those beside the schema in force. Raises InputError, SchemaError."""
    if given != AUTO:
        return load_rules(Path(given), schema)
    path = workspace.schema_path(schema_path).with_name(FILE)
    if not path.exists():
        raise InputError(
            f"there are no rules beside the schema ({path}); write that file, or name another with --rules"
        )
    return load_rules(path, schema)


def own_joiner(given: str, policy: str, workspace: Workspace) -> Joiner | None:
    """What the labelling page's model is joined with: the rules of a file; for AUTO the workspace's own, if there."""
    own = workspace.root / "annotations" / FILE
    if given == NONE or (given == AUTO and not own.exists()):
        return None
    return Joiner(load_rules(own if given == AUTO else Path(given), workspace.schema()), policy)


def flat(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans that overlap none before them, in text order."""
    kept: list[Span] = []
    for span in spans:
        if not any(span.overlaps(other) for other in kept):
            kept.append(span)
    return tuple(sorted(kept))


def load_rules(path: Path, schema: Schema) -> Rules:
    """The rules of a file. Raises InputError naming the rule that is wrong, SchemaError for a label of no schema."""
    table = read_toml(path)
    rows, parts = table.get("rules", []), table.get("parts", {})
    if not isinstance(parts, dict) or not all(isinstance(part, str) for part in parts.values()):
        raise InputError(f"{path} has parts that are no texts; expected a [parts] table of name = 'pattern'")
    if not isinstance(rows, list) or not rows:
        raise InputError(f"{path} declares no rules; expected [[rules]] tables with a label and a pattern or words")
    rules = tuple(
        _rule(row, schema, parts, where=f"{path}, rule {number}", folder=path.parent)
        for number, row in enumerate(rows, 1)
    )
    said = "\n".join(f"{label} {pattern.flags} {pattern.pattern}" for label, pattern in rules)
    return Rules(rules, f"rules-{text_hash(said)[:10]}")


def _rule(
    row: Any, schema: Schema, parts: Mapping[str, str], *, where: str, folder: Path
) -> tuple[str, re.Pattern[str]]:
    if not isinstance(row, dict) or not isinstance(row.get("label"), str):
        raise InputError(f"{where} has no label; expected one of the schema {schema.name}")
    if unknown := sorted(set(row) - _KEYS):
        raise InputError(f"{where} has the unknown key {unknown[0]!r}; expected {', '.join(sorted(_KEYS))}")
    given = [key for key in ("pattern", "words", "file") if key in row]
    if len(given) != 1:
        raise InputError(
            f"{where} has {' and '.join(given) or 'neither pattern nor words'}; expected one of pattern, words, file"
        )
    label = schema[row["label"]].name
    source = row["pattern"] if "pattern" in row else _words(row, where=where, folder=folder)
    if not isinstance(source, str):
        raise InputError(f"{where} has the pattern {brief(source)}; expected a text")
    if "pattern" in row:
        source = _filled(source, parts, where=where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # such as "[[", which a later Python may read otherwise
            # Whole words: what stands before and after is no letter or digit.
            pattern = re.compile(rf"(?<!\w)(?:{source})(?!\w)", re.IGNORECASE if row.get("ignore_case") else 0)
    except FutureWarning as warning:
        raise InputError(
            f"{where} has the pattern {brief(source)}, which later versions of Python may read otherwise "
            f"({str(warning).lower()}); put a backslash before a bracket or sign that stands for itself"
        ) from None
    except (re.error, OverflowError, RecursionError) as error:
        shown = brief(source)
        raise InputError(f"{where} has the pattern {shown}, which does not compile ({error}); mend it") from None
    return label, pattern


def _filled(pattern: str, parts: Mapping[str, str], *, where: str) -> str:
    """The pattern with what it names in braces put in; a part may name others that stand before it in the table."""
    known: dict[str, str] = {}

    def put(match: re.Match[str]) -> str:
        if match[1] not in known:
            raise InputError(f"{where} names the part {match[0]}, which [parts] does not have before it")
        return known[match[1]]

    for name, part in parts.items():
        known[name] = f"(?:{_PART.sub(put, part)})"
    return _PART.sub(put, pattern)


def _words(row: dict[str, Any], *, where: str, folder: Path) -> str:
    """The words as one pattern, the longest first, spaces as any run of spaces."""
    words: Sequence[Any] = row.get("words", ())
    if "file" in row:
        with open_text(folder / str(row["file"])) as file:
            words = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise InputError(f"{where} has no words; expected a list of texts")
    longest = sorted({" ".join(word.split()) for word in words}, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest)
