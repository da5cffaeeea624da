"""Bulletins in: files of every usual form to documents, each content once."""
