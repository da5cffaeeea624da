"""Long bulletins: what the network learned on short ones must hold in the fifth paragraph as well."""

from long_help import joined

from workbench.core.corpus import load_corpus
from workbench.core.workspace import packaged
from workbench.tag.model import load_model
from workbench.train.measure import measure
from workbench.train.split import corpus_split


def test_the_starter_reads_five_bulletins_in_one_text_as_well_as_each_by_itself() -> None:
    # Read 510 tokens at a time, they cost it eight points of F1.
    model = load_model(packaged("models/starter"))
    _, never_seen = corpus_split(load_corpus(packaged("annotations/corpus.jsonl")))
    alone, together = (
        measure(model.tagger, joined(never_seen, count=count), model.manifest.schema).counts().f1 or 0.0
        for count in (1, 5)
    )
    assert alone > 0.8
    assert together > alone - 0.02
