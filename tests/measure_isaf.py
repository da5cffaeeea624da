"""Accuracy of the fields of operations reports, from raw text with a trained model, with 95 % intervals.

    python -m tests.measure_isaf models/NAME [FILE]

Labels the reports, then scores them as `workbench score FILE LABELLED --records --policy isaf` does.
"""

import sys
from pathlib import Path

from workbench.cli.score_records import field_lines
from workbench.core.corpus import Entry, read_corpus
from workbench.core.workspace import find_workspace
from workbench.record.gold import FIELDS, answers, fields_of_entries, read_gold
from workbench.record.run import load_tools
from workbench.score.fields import field_intervals, score_fields
from workbench.tag.model import load_model
from workbench.tag.prelabel import predict

# Published for GPT-4o on the 724 reports: right answers of each field.
PUBLISHED = {"killed": 690 / 724, "captured": 647 / 724, "province": 649 / 724, "date": 527 / 724}


def main() -> None:
    """Prints accuracy a field, and the reports that are wrong."""
    model = load_model(sys.argv[1])
    path = Path(sys.argv[2] if len(sys.argv) > 2 else "../shared/data/fields/isaf-60.jsonl")
    tools = load_tools(model.schema, cache=find_workspace().state, policy="isaf")
    gold, documents = read_gold(path), [entry.document for entry in read_corpus(path)]
    labelled = [Entry(document, said) for document, said in zip(documents, predict(model, documents), strict=True)]
    found = fields_of_entries(labelled, tools, where=path)
    right = list(answers(gold, found, tools.gazetteer, complete=True, where=path))
    for row, answer in zip(gold, right, strict=True):
        if not all(answer.values()):
            wrong = ", ".join(name for name, is_right in answer.items() if not is_right)
            print(f"{row.document} {wrong}: {found[row.document]} for {row}")
    scores = score_fields(right, FIELDS)
    print("\n".join(field_lines(scores, field_intervals(scores))))
    print("GPT-4o on 724:", ", ".join(f"{name} {share:.3f}" for name, share in PUBLISHED.items()))


if __name__ == "__main__":
    main()
