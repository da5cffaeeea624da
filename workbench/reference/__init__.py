"""The reference: pages for people beside the code that keeps their tables true (`make docs`)."""
