//! A graph as Luminal's, with all that stays between steps in place.

use std::collections::{BTreeMap, HashSet};

use assay_runner::{Answer, Dtype, Failure, Load, Node, NodeIssue, OutputFile, Role, Tensors, ValueId};
use luminal::graph::Graph;
use luminal::module::transfer_data;
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

/// How a parameter lies: its name, and whether its matrices are turned.
pub type Form = (String, bool);

/// What a program is made of, and the parameters that another one holds, which lends them.
pub struct Source<'a> {
    pub graph: &'a assay_runner::Graph,
    pub weights: &'a Tensors,
    pub state: &'a Tensors,
    pub lent: HashSet<Form>,
}

impl<'a> Source<'a> {
    pub fn of(load: &'a Load) -> Self {
        Self { graph: &load.graph, weights: &load.weights, state: &load.state, lent: HashSet::new() }
    }
}

/// What a step has left.
pub struct Left<'a> {
    pub name: &'a str,
    pub shape: &'a [usize],
    pub data: &'a [f32],
}

/// What is there before a step.
#[derive(Default)]
struct Bound {
    inputs: Vec<(String, Id)>,
    parameters: BTreeMap<Form, Id>,
    states: BTreeMap<String, (Id, Vec<usize>)>,
}

pub struct Program {
    cx: Graph,
    bound: Bound,
    outputs: Vec<Output>,
    /// Outputs that a step computes: Luminal computes no tensor that is there.
    fresh: Vec<Id>,
}

impl Program {
    pub fn build(source: &Source) -> Answer<Self> {
        let graph = source.graph;
        let mut emitter = Emitter::new(graph);
        let mut bound = bind_values(&mut emitter, source);
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
        bound.parameters.retain(|_, id| cx.graph.contains_node(*id));
        Ok(Self { cx, bound, outputs, fresh })
    }

    pub fn parameters(&self) -> HashSet<Form> {
        self.bound.parameters.keys().cloned().collect()
    }

    /// Hands those parameters that both programs have over to the other one, which can be executed then.
    pub fn lend(&mut self, to: &mut Program) {
        let theirs = &to.bound.parameters;
        let both = self.bound.parameters.iter().filter_map(|(form, &id)| Some((id, *theirs.get(form)?)));
        let (from, at): (Vec<_>, Vec<_>) = both.unzip();
        transfer_data(from, &mut self.cx, at, &mut to.cx);
    }

    /// The shape of a state, and its elements, to be written.
    pub fn state(&mut self, name: &str) -> Option<(&[usize], &mut [f32])> {
        let (id, shape) = self.bound.states.get(name)?;
        let tensor = self.cx.tensors.get_mut(&(*id, 0))?;
        let data = tensor.data.as_any_mut().downcast_mut::<Vec<f32>>()?;
        Some((shape, data))
    }

    pub fn left(&self) -> impl Iterator<Item = Left<'_>> {
        self.outputs.iter().map(|Output { name, shape, id, .. }| Left { name, shape, data: tensor_data(&self.cx, *id) })
    }

    pub fn step(&mut self, inputs: &Tensors) {
        self.cx.reset(); // of what a step that failed has left
        self.fresh.iter().for_each(|&id| self.cx.drop_tensors(id));
        for (name, id) in &self.bound.inputs {
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

/// What is there before the first node.
fn bind_values(emitter: &mut Emitter, source: &Source) -> Bound {
    let mut bound = Bound::default();
    for (value_id, value) in source.graph.values.iter().enumerate() {
        let held = is_held(value.dtype);
        let id = match value.role {
            Role::Computed => continue,
            Role::Parameter if held => parameter(emitter, source, value_id, &mut bound),
            Role::State if held => emitter.resident(host_data(&source.state[&value.name])),
            Role::Constant if held => emitter.constant(host_data(value.data.as_ref().expect("a constant has data"))),
            _ => kernels::placeholder(&mut emitter.cx),
        };
        match value.role {
            Role::Input => bound.inputs.push((value.name.clone(), id)),
            Role::State => _ = bound.states.insert(value.name.clone(), (id, value.shape.clone())),
            _ => (),
        }
        emitter.bind(value_id, id);
    }
    bound
}

fn parameter(emitter: &mut Emitter, source: &Source, value_id: ValueId, bound: &mut Bound) -> Id {
    let value = source.graph.value(value_id);
    let [is_linear, is_filter] = ["Linear", "Conv"].map(|op| is_only(source.graph, value_id, op));
    if is_linear || is_filter {
        emitter.turned.insert(value_id);
    }
    let form = (value.name.clone(), is_linear || is_filter);
    let id = if source.lent.contains(&form) {
        emitter.lent()
    } else {
        let data = host_data(&source.weights[&value.name]);
        emitter.resident(match (is_linear, is_filter) {
            (true, _) => turned(&data, value.shape[1]),
            (_, true) => turned_filters(&data, &value.shape),
            _ => data,
        })
    };
    bound.parameters.insert(form, id);
    id
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

/// [out, in, kernel] -> [out, kernel, in]
fn turned_filters(data: &[f32], shape: &[usize]) -> Vec<f32> {
    let (filter, kernel) = (shape[1..].iter().product(), shape[2..].iter().product());
    data.chunks(filter).flat_map(|filter| turned(filter, kernel)).collect()
}

/// Luminal would compute what nobody reads.
fn remove_unused(cx: &mut Graph, outputs: &[Output]) {
    let mut used = HashSet::new();
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
