"""Which keys a config.json may have by transformers' own code: those of the configuration classes, those that they take besides, and
those that the modeling code reads from a configuration. And the tests that tables of keys and values make."""

import ast
import dataclasses
import inspect

import pytest
from transformers import GenerationConfig, PretrainedConfig, configuration_utils, masking_utils, modeling_rope_utils


def _nodes(module, kind):
    return [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, kind)]


def _text(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _name(node):
    """`config` of `self.config` and `config`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None


def _taken_from(module, name):
    """The texts in name["…"], name.pop("…"), name.get("…"), name.setdefault("…") and "…" in name."""
    calls = [node.args[0] for node in _nodes(module, ast.Call)
             if isinstance(node.func, ast.Attribute) and node.func.attr in ("pop", "get", "setdefault") and _name(node.func.value) == name
             and node.args]
    items = [node.slice for node in _nodes(module, ast.Subscript) if _name(node.value) == name]
    asked = [node.left for node in _nodes(module, ast.Compare) if isinstance(node.ops[0], ast.In) and _name(node.comparators[0]) == name]
    return {_text(node) for node in calls + items + asked} - {None}


def _read_of(module, name):
    """X of name.X that is not called, and of getattr(name, "X")."""
    called = {id(node.func) for node in _nodes(module, ast.Call)}
    plain = {node.attr for node in _nodes(module, ast.Attribute) if _name(node.value) == name and id(node) not in called}
    asked = {_text(node.args[1]) for node in _nodes(module, ast.Call)
             if isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr") and len(node.args) > 1 and _name(node.args[0]) == name}
    return plain | asked - {None}


def keys_of(config_class, modeling):
    """All keys that may stand at the top of a config.json of this class."""
    keys = {field.name for field in dataclasses.fields(config_class)}
    keys |= set(vars(GenerationConfig())) | set(GenerationConfig._get_default_generation_params())
    for module in (configuration_utils, modeling_rope_utils):
        keys |= _taken_from(module, "kwargs") | _taken_from(module, "config_dict")
    keys |= {name for name, value in vars(PretrainedConfig).items()
             if not name.startswith("__") and not callable(value) and not isinstance(value, (property, classmethod, staticmethod))}
    for module in (modeling, masking_utils, modeling_rope_utils):
        keys |= _read_of(module, "config") | _read_of(module, "effective_config")
    return keys


def rope_keys(modeling):
    """All keys that may stand in rope_parameters or rope_scaling."""
    keys = set(modeling_rope_utils.RopeParameters.__annotations__)
    for module in (modeling, modeling_rope_utils):
        for name in ("rope_parameters", "rope_parameters_dict", "rope_scaling"):
            keys |= _taken_from(module, name)
    return keys


def values(known, kind, several):
    """(key, value) of a kind of keys; a list is several values where the key is one of `several`."""
    for key, value in known.get(kind, {}).items():
        yield from ((key, one) for one in (value if isinstance(value, list) and key in several else [value]))


def cases(types, several, *kinds):
    """(model type, key, value) of all that `types` says of these kinds of keys, as parameters of a test."""
    return [pytest.param(name, key, value, id=f"{name}-{key}-{value}"[:60]) for name, known in types.items() for kind in kinds
            for key, value in values(known, kind, several)]
