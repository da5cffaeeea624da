"""How good a labelling is: scores of spans, their uncertainty, agreement."""
