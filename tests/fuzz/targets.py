"""All targets, by name."""

from collections.abc import Iterator

from fuzz.run import Target


def all_targets() -> Iterator[Target]:
    """Everything that reads what it did not write itself."""
    from fuzz import asking, declaring, reading, saying

    for module in (reading, saying, declaring, asking):
        yield from module.targets()
