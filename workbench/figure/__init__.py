"""Figures: from a phrase such as "at least six" or "nearly 4,000" to its normal form, and its marks in context."""

from workbench.figure.form import Figure as Figure
from workbench.figure.grammar import figures_in as figures_in
from workbench.figure.grammar import normal_form as normal_form
from workbench.figure.policy import Policy as Policy
from workbench.figure.policy import load_policy as load_policy
