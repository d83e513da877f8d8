"""Sessions: the options of a careful user, one provider, and what the runtime cannot do said node by node."""

import onnxruntime
from assay_runner import NodeFault, Unsupported
from onnxruntime.capi import onnxruntime_pybind11_state as state

PROVIDER = "CPUExecutionProvider"
_REFUSALS = (state.NotImplemented, state.InvalidGraph, state.Fail, state.InvalidArgument)


def options(threads):
    """All optimisations (the default), one thread pool of the given size, sequential execution."""
    result = onnxruntime.SessionOptions()
    result.intra_op_num_threads = threads
    result.inter_op_num_threads = 1
    result.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    result.log_severity_level = 3
    result.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    return result


def open_session(program, request, path=None):
    """A session whose nodes all run on the CPU provider; the model's file lies at `path`, or where the request says. Raises Unsupported with all the nodes that have no kernel."""
    settings = options(request.threads)
    # The model comes as bytes; its weights stay in the file that the model names.
    settings.add_session_config_entry("session.model_external_initializers_file_folder_path", str((path or request.onnx_path).parent))
    try:
        session = onnxruntime.InferenceSession(program.bytes(), settings, providers=[PROVIDER])
    except _REFUSALS as refusal:
        faults = unsupported_nodes(program)
        if not faults:
            raise
        raise Unsupported("operator", f"{len(faults)} of {len(program.nodes)} nodes: {_first_line(refusal)}", faults) from refusal
    session.disable_fallback()
    elsewhere = {part.ep_name for part in session.get_provider_graph_assignment_info()} - {PROVIDER}
    if session.get_providers() != [PROVIDER] or elsewhere:
        raise RuntimeError(f"nodes run on {session.get_providers()} and {elsewhere}, not only on {PROVIDER}")
    return session


def unsupported_nodes(program):
    """Every node that alone makes no session; nodes of the same form are tried once."""
    tried, faults = {}, []
    for node in program.nodes:
        form, model = program.alone(node)
        if form not in tried:
            tried[form] = _refusal(model)
        if tried[form]:
            faults.append(NodeFault(node.name, node.op_type, tried[form]))
    return faults


def _refusal(model):
    try:
        onnxruntime.InferenceSession(model, options(1), providers=[PROVIDER])
    except _REFUSALS as refusal:
        return _first_line(refusal)
    return ""


def _first_line(refusal):
    return str(refusal).splitlines()[0][:500]
