"""What an encoder says of each unit, as fixed numbers: computed once, learned from many times."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.core.corpus import Document
from workbench.tag.decode import Floats
from workbench.tag.tagger import Reading, Tagger
from workbench.tag.units import Units
from workbench.tag.windows import Window, windows_of


@dataclass(frozen=True)
class Features:
    """A text's units and the encoder's last layer at the first token of each, [units, hidden]."""

    units: Units
    values: Floats


class Encoder:
    """A network without its tag layer, frozen. What it said of a text is kept, about 1.5 kB a unit for MiniLM."""

    def __init__(self, network: Any, tagger: Tagger) -> None:
        self._network, self._tagger = network, tagger
        self._known: dict[str, Features] = {}

    def __call__(self, documents: Iterable[Document]) -> list[Features]:
        """The features of each document, in order."""
        return [self._of(document) for document in documents]

    def _of(self, document: Document) -> Features:
        if document.hash not in self._known:
            (units,) = self._tagger.units([document.text])
            values = np.zeros((len(units), self._network.config.hidden_size), dtype=np.float32)
            reading = self._tagger.reading
            for window in windows_of(units, width=reading.width, overlap=reading.overlap):
                part = slice(window.first_unit, window.last_unit)
                # The special token before the window shifts every position by one.
                places = units.first_token[part] - window.start + 1
                values[part] = self._hidden(units, window, reading)[places]
            self._known[document.hash] = Features(units, values)
        return self._known[document.hash]

    def _hidden(self, units: Units, window: Window, reading: Reading) -> Floats:
        """The last layer of one window, [tokens, hidden], its special tokens included."""
        import torch

        tokens = [reading.start_id, *units.token_ids[window.start : window.end].tolist(), reading.end_id]
        self._network.eval()
        device = next(self._network.parameters()).device
        with torch.inference_mode():
            ids = torch.tensor([tokens], device=device)
            hidden = self._network.base_model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        return np.asarray(hidden[0].float().cpu().numpy(), dtype=np.float32)
