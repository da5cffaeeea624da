"""What the tests of training share: a tiny encoder, and runs of the command as a user starts them."""

import os
import subprocess
import sys
from pathlib import Path


def make_small_encoder(folder: Path) -> Path:
    """A Hugging Face encoder folder of two tiny layers with random weights and a WordPiece tokenizer of letters."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    letters = [chr(code) for code in range(33, 127)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder)
    return folder


def workbench(*arguments: str, cwd: Path, launcher: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, or in those that a launcher such as torchrun starts.

    With one thread: tiny networks gain nothing by more, and several wait for each other on a busy machine.
    """
    command = [sys.executable, *launcher, "-m", "workbench", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
