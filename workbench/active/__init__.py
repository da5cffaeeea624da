"""Active learning: which bulletins are worth an annotator's time next. No torch here."""
