"""Accuracy of the fields of operations reports, from raw text with a trained model, with 95 % intervals (Wilson).

python tests/measure_isaf.py models/NAME [FILE]
"""

import json
import math
import sys
from datetime import date
from pathlib import Path

from workbench.core.corpus import Document, Entry
from workbench.core.workspace import find_workspace
from workbench.record.bulletin import Bulletin
from workbench.record.fields import fields_of
from workbench.record.run import load_tools
from workbench.tag.model import load_model
from workbench.tag.prelabel import predict

# Published for GPT-4o on the 724 reports: right answers of each field.
PUBLISHED = {"killed": 690 / 724, "captured": 647 / 724, "province": 649 / 724, "date": 527 / 724}


def main() -> None:
    """Prints accuracy a field, and the reports that are wrong."""
    model = load_model(sys.argv[1])
    path = Path(sys.argv[2] if len(sys.argv) > 2 else "../shared/data/fields/isaf-60.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    tools = load_tools(model.schema, cache=find_workspace().state, policy="isaf")
    documents = [Document(row["id"], row["text"]) for row in rows]
    right = dict.fromkeys(PUBLISHED, 0)
    near = 0
    for row, document, annotation in zip(rows, documents, predict(model, documents), strict=True):
        found = fields_of(Bulletin(Entry(document, annotation), model.schema), tools)
        gold = row["gold"]
        provinces = {p.admin1 for name in gold["province"] for p in tools.gazetteer.named(name) if p.country == "AF"}
        answers = {
            "killed": found.killed == gold["min_killed"],
            "captured": found.captured == gold["min_captured"],
            "province": found.province_id in provinces if gold["province"] != [""] else found.province_id is None,
            "date": str(found.day) == gold["start_date"],
        }
        near += found.day is not None and abs((found.day - date.fromisoformat(gold["start_date"])).days) <= 1
        for field, answer in answers.items():
            right[field] += answer
        if not all(answers.values()):
            wrong = ", ".join(field for field, answer in answers.items() if not answer)
            print(
                f"{row['id']} {wrong}: {found} for {gold['min_killed']} killed, {gold['min_captured']} captured, "
                f"{gold['province']}, {gold['start_date']}"
            )
    for field, count in right.items():
        low, high = wilson(count, len(rows))
        print(
            f"{field:<9} {count}/{len(rows)} = {count / len(rows):.3f} [{low:.3f}, {high:.3f}]   "
            f"GPT-4o on 724: {PUBLISHED[field]:.3f}"
        )
    print(f"date within a day: {near}/{len(rows)}")


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927)."""
    share = right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return middle - half, middle + half


if __name__ == "__main__":
    main()
