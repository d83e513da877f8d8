"""Walks over all graphs of a model, nested ones too, without recursion: files are from outside."""


def graphs(model):
    """The main graph, those inside of its nodes, and those of functions' nodes."""
    open_graphs = [model.graph]
    for function in model.functions:
        open_graphs += subgraphs(function.node)
    while open_graphs:
        graph = open_graphs.pop()
        yield graph
        open_graphs += subgraphs(graph.node)


def subgraphs(nodes):
    found = []
    for node in nodes:
        for attribute in node.attribute:
            found += [attribute.g] if attribute.HasField("g") else []
            found += attribute.graphs
    return found


def nodes(model):
    for graph in graphs(model):
        yield from graph.node
    for function in model.functions:
        yield from function.node


def tensors(model):
    """Every tensor that the file holds: initialisers and values of attributes."""
    for graph in graphs(model):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for node in nodes(model):
        for attribute in node.attribute:
            yield from [attribute.t] if attribute.HasField("t") else []
            yield from attribute.tensors
