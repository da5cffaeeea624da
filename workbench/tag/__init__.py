"""Pre-labelling: windows, the exported model, constrained decoding, batches in and out. No torch here."""
