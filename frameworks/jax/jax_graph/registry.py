"""The operators by name. A rule gets a Call and returns what the node computes: one array, or a list with one for each output (an entry
that nobody wants may be None). What JAX cannot do is refused with `Call.refuse`."""

from assay_runner.rules import Rules

RULES = Rules("JAX")
operator = RULES.operator
