"""The operators by name. A rule gets a Call and returns what the node computes: one array, or a list with one for each output (an entry
that nobody wants may be None). What JAX cannot do is refused with `Call.refuse`."""

_RULES = {}


class Cannot(Exception):
    """JAX cannot do this node; the message says why."""


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
        raise Cannot(f"no mapping of {name} to JAX")
    return _RULES[name]
