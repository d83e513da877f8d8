"""The Python side of Assay's protocol: everything a runner needs but its framework.

A runner's program imports this package first, and its framework only inside the function it gives to `main`:

    import assay_runner

    class MyRunner(assay_runner.Runner):
        ...

    def make_runner():
        import my_framework
        return MyRunner(my_framework)

    assay_runner.main(make_runner)

The pipe is taken before `make_runner` runs, so nothing a framework prints can reach it. See docs/protocol.md.
"""

from .graph import DTYPES, Graph, Node, Value, read_graph
from .runner import Description, Generation, Load, Loaded, NodeFault, Runner, Unsupported
from .server import main
from .tensors import aligned_empty

__all__ = [
    "DTYPES",
    "Description",
    "Generation",
    "Graph",
    "Load",
    "Loaded",
    "Node",
    "NodeFault",
    "Runner",
    "Unsupported",
    "Value",
    "aligned_empty",
    "main",
    "read_graph",
]
