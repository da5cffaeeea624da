"""Event records: from the labels of bulletins to events whose every number leads back to its characters."""
