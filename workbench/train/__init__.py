"""Training: the one room that knows torch, transformers and datasets."""
