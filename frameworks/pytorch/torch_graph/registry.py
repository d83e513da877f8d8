"""The operators by name. A rule gets a Call and returns Python source.

It returns one expression, for a node with one output, or a list with an expression for each output (an entry that nobody wants may
be None). Statements that must come first go through `Call.line`. What PyTorch cannot do is refused with `Call.refuse`.
"""

from assay_runner.rules import Rules

RULES = Rules("PyTorch")
operator = RULES.operator
