"""The operators by name. A rule gets a Call and returns Python source.

It returns one expression, for a node with one output, or a list with an expression for each output (an entry that nobody wants may
be None). Statements that must come first go through `Call.line`. What PyTorch cannot do is refused with `Call.refuse`.
"""

_RULES = {}


class Cannot(Exception):
    """PyTorch cannot do this node; the message says why."""


def operator(*names):
    """Registers a rule for the operators of these names."""

    def register(rule):
        for name in names:
            assert name not in _RULES, name
            _RULES[name] = rule
        return rule

    return register


def operators():
    """The names of all operators, sorted."""
    return sorted(_RULES)


def rule_of(name):
    if name not in _RULES:
        raise Cannot(f"no mapping of {name} to PyTorch")
    return _RULES[name]
