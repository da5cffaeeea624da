"""Damaged and hostile inputs for everything that reads: each is either read, or refused in one sentence.

    python -m tests.fuzz --inputs 1000000          all targets, and a table at the end
    python -m tests.fuzz --targets figures html --inputs 20000
    python -m tests.fuzz --repeat figures 4711     one input again, by its number

An input is known by its target, the seed and its number, so that any of them can be made again.
"""
