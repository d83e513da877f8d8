//! A graph as Luminal's, with all that stays between steps in place.

use assay_runner::{Answer, Dtype, Failure, Load, Node, NodeIssue, OutputFile, Role, Tensors, ValueId};
use luminal::graph::Graph;
use luminal::prelude::Tensor;
use luminal::prelude::petgraph::visit::{Dfs, Reversed};

use crate::emitter::{Emitter, Id, host_data, is_held, tensor_data};
use crate::{kernels, operators};

struct Output {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    id: Id,
}

pub struct Program {
    cx: Graph,
    inputs: Vec<(String, Id)>,
    outputs: Vec<Output>,
    /// Outputs that a step computes: Luminal computes no tensor that is there.
    fresh: Vec<Id>,
}

impl Program {
    pub fn build(load: &Load) -> Answer<Self> {
        let graph = &load.graph;
        let mut emitter = Emitter::new(graph);
        let inputs = bind_values(&mut emitter, load);
        let mut issues = Vec::new();
        for node in &graph.nodes {
            if let Err(message) = emit(&mut emitter, node) {
                issues.push(NodeIssue { node: node.name.clone(), op: node.op.clone(), message });
            }
        }
        if !issues.is_empty() {
            return Err(Failure::unsupported_nodes(issues));
        }
        let output = |&id: &usize| {
            let value = graph.value(id);
            Output { name: value.name.clone(), dtype: value.dtype, shape: value.shape.clone(), id: emitter.value(id) }
        };
        let outputs: Vec<Output> = graph.outputs.iter().map(output).collect();
        let mut cx = emitter.cx;
        let fresh = outputs.iter().map(|output| output.id).filter(|id| !cx.no_delete.contains(id)).collect();
        outputs.iter().for_each(|output| cx.retrieve_tensors(output.id));
        remove_unused(&mut cx, &outputs);
        Ok(Self { cx, inputs, outputs, fresh })
    }

    pub fn step(&mut self, inputs: &Tensors) {
        self.cx.reset(); // of what a step that failed has left
        self.fresh.iter().for_each(|&id| self.cx.drop_tensors(id));
        for (name, id) in &self.inputs {
            self.cx.set_tensor(*id, 0, Tensor::new(host_data(&inputs[name])));
        }
        self.cx.execute();
    }

    pub fn write(&self, to: &mut OutputFile) -> Answer<()> {
        self.outputs.iter().try_for_each(|output| {
            let data = tensor_data(&self.cx, output.id);
            let write = |to: &mut OutputFile, bytes: &[u8]| to.write(&output.name, output.dtype, &output.shape, bytes);
            match output.dtype {
                Dtype::I64 => write(to, bytemuck::cast_slice(&data.iter().map(|&x| x as i64).collect::<Vec<_>>())),
                Dtype::I32 => write(to, bytemuck::cast_slice(&data.iter().map(|&x| x as i32).collect::<Vec<_>>())),
                Dtype::BOOL => write(to, &data.iter().map(|&x| u8::from(x != 0.0)).collect::<Vec<_>>()),
                _ => write(to, bytemuck::cast_slice(data)),
            }
        })
    }
}

/// Luminal's nodes for the node's outputs; where there can be none, placeholders, so that all that is wrong with the others is found.
fn emit(emitter: &mut Emitter, node: &Node) -> Result<(), String> {
    let emitted = operators::emit(emitter, node);
    for (place, id) in node.outputs.iter().enumerate() {
        let Some(value) = *id else { continue };
        let found = emitted.as_ref().ok().map(|ids| ids[place]);
        let id = found.unwrap_or_else(|| kernels::placeholder(&mut emitter.cx));
        emitter.bind(value, id);
    }
    emitted.map(|_| ())
}

/// What is there before the first node. Gives the inputs of a step.
fn bind_values(emitter: &mut Emitter, load: &Load) -> Vec<(String, Id)> {
    let mut inputs = Vec::new();
    for (value_id, value) in load.graph.values.iter().enumerate() {
        let held = is_held(value.dtype);
        let resident = |tensors: &Tensors| host_data(&tensors[&value.name]);
        let id = match value.role {
            Role::Computed => continue,
            Role::Parameter if is_only(&load.graph, value_id, "Linear") => {
                emitter.turned.insert(value_id);
                emitter.resident(turned(&resident(&load.weights), value.shape[1]))
            }
            Role::Parameter if is_only(&load.graph, value_id, "Conv") => {
                emitter.turned.insert(value_id);
                let (filter, kernel) = (value.shape[1..].iter().product(), value.shape[2..].iter().product());
                let filters = resident(&load.weights);
                emitter.resident(filters.chunks(filter).flat_map(|filter| turned(filter, kernel)).collect())
            }
            Role::Parameter if held => emitter.resident(resident(&load.weights)),
            Role::State if held => emitter.resident(resident(&load.state)),
            Role::Constant if held => emitter.constant(host_data(value.data.as_ref().expect("a constant has data"))),
            _ => kernels::placeholder(&mut emitter.cx),
        };
        if value.role == Role::Input {
            inputs.push((value.name.clone(), id));
        }
        emitter.bind(value_id, id);
    }
    inputs
}

/// Whether a parameter is nothing but weights of such nodes. Those of Linear lie as Luminal's own Linear has them, [in, out]: its matrix product
/// packs those twice as fast, which is most of the time when it has one row. Filters of Conv lie as patches do, [out, kernel, in].
fn is_only(graph: &assay_runner::Graph, id: ValueId, op: &str) -> bool {
    let is_weights = |&reader: &usize| {
        let node = &graph.nodes[reader];
        node.op == op && node.input(1) == Some(id) && node.input(0) != Some(id) && node.input(2) != Some(id)
    };
    let value = graph.value(id);
    value.dtype == Dtype::F32 && !graph.outputs.contains(&id) && graph.consumers(id).iter().all(is_weights)
}

/// Rows become columns.
fn turned(data: &[f32], columns: usize) -> Vec<f32> {
    let rows = data.len() / columns;
    (0..data.len()).map(|i| data[i % rows * columns + i / rows]).collect()
}

/// Luminal would compute what nobody reads.
fn remove_unused(cx: &mut Graph, outputs: &[Output]) {
    let mut used = std::collections::HashSet::new();
    for output in outputs {
        let reversed = Reversed(&cx.graph);
        let mut search = Dfs::new(reversed, output.id);
        while let Some(id) = search.next(reversed) {
            used.insert(id);
        }
    }
    let unused: Vec<Id> = cx.graph.node_indices().filter(|id| !used.contains(id)).collect();
    for id in unused {
        cx.graph.remove_node(id);
        cx.no_delete.remove(&id);
        cx.drop_tensors(id);
    }
}
