"""The network: an encoder with a layer that scores tags, and how to run it as the tagger's `forward`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import InputError
from workbench.core.schema import Schema
from workbench.core.text import shortened
from workbench.tag.decode import Floats
from workbench.tag.tagger import Forward, Ints, Reading, Tagger, one_by_one
from workbench.train.settings import TrainingSettings

# Encoders that count positions from the padding index on, and so have fewer than their table of positions is long.
_FROM_PADDING = ("camembert", "mpnet", "roberta", "xlm-roberta")


def build_network(encoder: str, *, schema: Schema, settings: TrainingSettings) -> Any:
    """A Hugging Face token classifier over the schema's tags. Raises InputError where the encoder does not load."""
    from transformers import AutoConfig, AutoModelForTokenClassification
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    tags = schema.tags
    config = _loaded(
        AutoConfig,
        encoder,
        num_labels=len(tags),
        id2label=dict(enumerate(tags)),
        label2id={tag: index for index, tag in enumerate(tags)},
        hidden_dropout_prob=settings.dropout,
        attention_probs_dropout_prob=settings.attention_dropout,
    )
    # Only safetensors: a pickled checkpoint could run code.
    network = _loaded(
        AutoModelForTokenClassification, encoder,
        config=config, use_safetensors=True, ignore_mismatched_sizes=True, dtype="float32",
    )  # fmt: skip
    if settings.freeze_embeddings:
        for parameter in network.get_input_embeddings().parameters():
            parameter.requires_grad_(False)
    return network


def _loaded(kind: Any, encoder: str, **more: Any) -> Any:
    """A part of an encoder; code that it brings along is never run, nor is anybody asked whether it may be."""
    try:
        return kind.from_pretrained(encoder, trust_remote_code=False, **more)
    except (OSError, ValueError) as error:
        reason = shortened(" ".join(str(error).split()) or type(error).__name__)
        raise InputError(f"the encoder {encoder} does not load ({reason})") from None


def load_tokenizer(encoder: str) -> Any:
    """The fast tokenizer (tokenizers.Tokenizer) of an encoder, without truncation or padding."""
    from transformers import AutoTokenizer

    tokenizer = _loaded(AutoTokenizer, encoder).backend_tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def save_tokenizer(encoder: str, folder: Path) -> None:
    """The tokenizer in Hugging Face's form, so that the checkpoint can be used without this package."""
    from transformers import AutoTokenizer

    _loaded(AutoTokenizer, encoder).save_pretrained(folder)


def reading_of(encoder: str, *, window: int, overlap: int) -> Reading:
    """How this encoder reads: its special tokens, and the window cut to the positions that it has."""
    from transformers import AutoConfig, AutoTokenizer

    tokenizer = _loaded(AutoTokenizer, encoder)
    config = _loaded(AutoConfig, encoder)
    positions = getattr(config, "max_position_embeddings", 512)
    if config.model_type in _FROM_PADDING:
        positions -= config.pad_token_id + 1
    width = min(window, positions - 2)
    start, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    if start is None or end is None:
        raise InputError(f"the encoder {encoder} has no start and end tokens; choose an encoder such as BERT or MPNet")
    return Reading(width, min(overlap, width // 2), start, end, tokenizer.pad_token_id or 0)


def torch_forward(network: Any) -> Forward:
    """The network as the tagger calls it, without gradients, in the mode of evaluation."""
    import torch

    def forward(ids: Ints, mask: Ints) -> Floats:
        was_training = network.training
        network.eval()
        device = next(network.parameters()).device
        with torch.inference_mode():
            # [batch, tokens] -> [batch, tokens, tags]
            logits = network(
                input_ids=torch.from_numpy(ids).to(device), attention_mask=torch.from_numpy(mask).to(device)
            ).logits
        network.train(was_training)
        return np.asarray(logits.float().cpu().numpy(), dtype=np.float32)

    return forward


def torch_tagger(network: Any, *, tokenizer: Any, labels: Sequence[str], reading: Reading) -> Tagger:
    """A tagger on the network as it is now; it follows the weights while they are trained."""
    return Tagger(one_by_one(torch_forward(network)), tokenizer=tokenizer, labels=labels, reading=reading)
