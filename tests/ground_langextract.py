"""langextract's resolver on quotes from stdin (JSON), places to stdout: run by bench_ground."""

import importlib.metadata
import json
import logging
import sys
import time

try:
    from langextract.core.data import Extraction
    from langextract.resolver import Resolver
except ImportError:
    sys.exit("langextract is not installed there (pip install langextract, best in an environment of its own)")


def main() -> None:
    logging.disable(logging.CRITICAL)
    resolver, places, count, began = Resolver(), [], 0, time.process_time()
    for question in json.load(sys.stdin):
        made = [Extraction(extraction_class=label, extraction_text=quote) for label, quote in question["quotes"]]
        aligned = {id(each): each for each in resolver.align(made, question["text"], token_offset=0, char_offset=0)}
        found = []
        for each in made:
            interval = aligned.get(id(each), each).char_interval
            found.append([interval.start_pos, interval.end_pos] if interval else None)
        places.append(found)
        count += len(made)
    rate = count / (time.process_time() - began)
    version = importlib.metadata.version("langextract")
    json.dump({"version": version, "quotes_a_second": rate, "places": places}, sys.stdout)


if __name__ == "__main__":
    main()
