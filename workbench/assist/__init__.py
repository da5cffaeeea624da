"""Pre-labelling by a language model: what it quotes is looked up in the text, and only what stands there is kept."""
