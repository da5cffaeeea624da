"""The values that everything else speaks in: documents, spans, annotations, schemas, and their files."""
