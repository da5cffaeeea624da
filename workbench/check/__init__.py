"""What is wrong or suspicious in a corpus, before anybody trains or scores with it."""

from workbench.check.corpus import Checked, check_corpus
from workbench.check.finding import KINDS, Finding

__all__ = ["KINDS", "Checked", "Finding", "check_corpus"]
