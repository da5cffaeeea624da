"""Figures: from a phrase such as "at least six" or "nearly 4,000" to its normal form, and its marks in context."""
