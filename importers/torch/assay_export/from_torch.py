"""A model from MODULE:FUNCTION, or from a file that torch.export.save wrote."""

import difflib
import importlib
import inspect
import sys
from pathlib import Path

import torch

from .case import Case
from .protocol import Refused, progress
from .reasons import reason

RETURNS = "(module, args), (module, args, kwargs), or a module that has example_inputs"


def case_of(request):
    source, sizes = request["source"], request["sizes"]
    path = Path(request["directory"]) / source
    if source.endswith(".pt2"):
        return _of_file(path, sizes)
    if path.is_file():
        raise Refused(f"only what torch.export.save wrote can be read, FILE.pt2; a file of weights or of pickled modules has no graph: "
                      f"write a function that makes the module and give MODULE:FUNCTION (docs/own-models.md)", usage=True)
    module, colon, name = source.partition(":")
    if not colon or not module or not name:
        raise Refused("FILE.pt2 or MODULE:FUNCTION is expected", usage=True)
    return _of_returned(_called(request["directory"], module, name, sizes), source)


def _of_file(path, sizes):
    if sizes:
        raise Refused("its sizes are those that it was exported with; --dim is for MODULE:FUNCTION, and of dimensions that the file leaves open for `assay run`", usage=True)
    if not path.is_file():
        raise Refused("there is no such file", usage=True)
    progress("reading the file")
    try:
        program = torch.export.load(path)
    except Exception as error:
        raise Refused(f"torch.export.load cannot read it: {reason(error)}") from error
    return _of_program(program)


def _of_program(program):
    if program.example_inputs is None:
        raise Refused("it holds no example inputs, which torch.export.export keeps when it is called with them")
    args, kwargs = program.example_inputs
    return Case(program.module(), tuple(args), dict(kwargs), program=program)


def _called(directory, module_name, name, sizes):
    """What the user's function returns; the folder that the command was called in comes first for its modules."""
    sys.path.insert(0, directory)
    progress(f"calling {module_name}:{name}")
    function = _found(_imported(module_name, directory), name)
    try:
        inspect.signature(function).bind(**sizes)
    except (TypeError, ValueError) as error:
        raise Refused(f"{name}: {error}; its arguments are what --dim NAME=SIZE gives", usage=True) from error
    try:
        return function(**sizes)
    except Exception as error:
        raise Refused(f"{name} fails: {reason(error)}") from error


def _imported(name, directory):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name + ".").startswith(error.name + "."):
            raise Refused(f"there is no module {error.name} in {directory}, nor in PYTHONPATH or the packages of {sys.executable}", usage=True) from error
        raise Refused(f"{name} needs the package {error.name}, which {sys.executable} has not: --python PATH takes the Python of an environment that has it", usage=True) from error
    except Exception as error:
        raise Refused(f"module {name} cannot be imported: {reason(error)}") from error


def _found(module, dotted):
    found = module
    for part in dotted.split("."):
        if not hasattr(found, part):
            near = difflib.get_close_matches(part, dir(found), 1)
            raise Refused(f"module {module.__name__} has no {dotted}" + (f"; did you mean {near[0]}?" if near else ""), usage=True)
        found = getattr(found, part)
    if not callable(found):
        raise Refused(f"{dotted} is no function but a {type(found).__name__}", usage=True)
    return found


def _of_returned(returned, source):
    if isinstance(returned, torch.export.ExportedProgram):
        return _of_program(returned)
    parts = returned if isinstance(returned, tuple) else (returned,)
    module, *given = parts
    if not isinstance(module, torch.nn.Module) or len(given) > 2:
        raise Refused(f"it returns {_described(returned)}; expected is {RETURNS}")
    if not given:
        if not hasattr(module, "example_inputs"):
            raise Refused(f"it returns a {type(module).__name__} without example_inputs; expected is {RETURNS}")
        given = [module.example_inputs]
    args, kwargs = _split(*given)
    return Case(module.cpu().eval(), args, kwargs)


def _split(args, kwargs=None):
    """One tensor, a tuple of arguments, or a dict of named ones; with others by name or without."""
    if isinstance(args, dict) and kwargs is None:
        return (), args
    return (tuple(args) if isinstance(args, (tuple, list)) else (args,)), dict(kwargs or {})


def _described(value):
    return f"({', '.join(type(part).__name__ for part in value)})" if isinstance(value, tuple) else f"a {type(value).__name__}"
