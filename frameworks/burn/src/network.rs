//! A graph on a back end: Burn computes at once, so a step is one call after the other, as in a module's forward function.

use assay_runner::{Answer, Failure, Graph, OutputFile, Role, Tensors, ValueId};
use burn_backend::Backend;

use crate::attention::keeps_the_past;
use crate::matrix::turns;
use crate::operators::{Kernel, Operands, Pasts, Site, emit};
use crate::value::{Value, dtype};

struct Operand {
    id: ValueId,
    /// Nobody reads it afterwards: Burn may compute in its place.
    is_last: bool,
    /// A state that stays with the node after the first step.
    is_kept: bool,
}

struct Call<B: Backend> {
    kernel: Kernel<B>,
    inputs: Vec<Option<Operand>>,
    /// None: not wanted.
    outputs: Vec<Option<ValueId>>,
}

pub struct Network<B: Backend> {
    graph: Graph,
    device: B::Device,
    calls: Vec<Call<B>>,
    /// Parameters, constants and states; weights that `turns` names as [in, out].
    resident: Vec<Option<Value<B>>>,
    /// What the step has computed and still needs; afterwards the outputs.
    computed: Vec<Option<Value<B>>>,
    pasts: Pasts<B>,
}

impl<B: Backend> Network<B> {
    /// `shared`: a network over the same weights, which are taken as they lie.
    pub fn of(
        graph: Graph,
        weights: &Tensors,
        state: &Tensors,
        device: B::Device,
        shared: Option<&Self>,
    ) -> Answer<Self> {
        let pasts = Pasts::<B>::default();
        graph.screen(|node| emit::<B>(&Site { graph: &graph, node, device: &device, pasts: &pasts }).err())?;
        let known = |id: ValueId| shared.and_then(|other| other.resident_named(&graph.value(id).name));
        let resident = (0..graph.values.len())
            .map(|id| known(id).map_or_else(|| resident(&graph, id, weights, state, &device), |value| Ok(Some(value))));
        let resident = resident.collect::<Answer<_>>()?;
        let site = |node| Site { graph: &graph, node, device: &device, pasts: &pasts };
        let calls =
            (0..graph.nodes.len()).map(|place| call(&site(&graph.nodes[place]), place)).collect::<Answer<_>>()?;
        let computed = vec![None; graph.values.len()];
        Ok(Self { graph, device, calls, resident, computed, pasts })
    }

    fn resident_named(&self, name: &str) -> Option<Value<B>> {
        let id = self.graph.find(name).filter(|&id| self.graph.value(id).role == Role::Parameter)?;
        self.resident[id].clone()
    }

    /// Keys and values of all positions of the states that stay with a node.
    pub fn pasts(&self) -> &Pasts<B> {
        &self.pasts
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    pub fn device(&self) -> &B::Device {
        &self.device
    }

    /// A parameter, whose dimensions are exchanged where it `turns`.
    pub fn parameter(&mut self, id: ValueId) -> &mut Value<B> {
        self.resident[id].as_mut().expect("a parameter is resident")
    }

    pub fn value(&self, id: ValueId) -> &Value<B> {
        self.computed[id].as_ref().or(self.resident[id].as_ref()).expect("a step has computed it")
    }

    pub fn run(&mut self, inputs: &Tensors) -> Answer<()> {
        self.computed.fill(None);
        for (id, value) in self.graph.with_role(Role::Input) {
            self.computed[id] = Some(Value::of(&inputs[&value.name], &self.device).map_err(Failure::failed)?);
        }
        for call in &mut self.calls {
            let operands = call.inputs.iter().map(|input| {
                let Operand { id, is_last, is_kept } = input.as_ref()?;
                let found = if *is_last { self.computed[*id].take() } else { self.computed[*id].clone() };
                found.or_else(|| if *is_kept { self.resident[*id].take() } else { self.resident[*id].clone() })
            });
            let results = (call.kernel)(Operands(operands.collect()));
            for (id, result) in call.outputs.iter().zip(results) {
                if let Some(id) = id {
                    self.computed[*id] = result;
                }
            }
        }
        B::sync(&self.device).map_err(|error| Failure::failed(format!("{error:?}")))
    }

    pub fn write(&self, to: &mut OutputFile) -> Answer<()> {
        for &id in &self.graph.outputs {
            let value = self.graph.value(id);
            let data = self.value(id).clone().into_data()?;
            let data = data.convert_dtype(dtype(value.dtype).map_err(Failure::failed)?);
            to.write(&value.name, value.dtype, &value.shape, data.as_bytes())?;
        }
        Ok(())
    }
}

fn resident<B: Backend>(
    graph: &Graph,
    id: ValueId,
    weights: &Tensors,
    state: &Tensors,
    device: &B::Device,
) -> Answer<Option<Value<B>>> {
    let value = graph.value(id);
    let tensor = match value.role {
        Role::Parameter => &weights[&value.name],
        Role::State => &state[&value.name],
        Role::Constant => value.data.as_ref().expect("a constant has data"),
        Role::Input | Role::Computed => return Ok(None),
    };
    let tensor = Value::of(tensor, device).map_err(Failure::failed)?;
    Ok(Some(if turns(graph, id) { tensor.turned(device)? } else { tensor }))
}

fn call<B: Backend>(site: &Site<B>, place: usize) -> Answer<Call<B>> {
    let (graph, node) = (site.graph, site.node);
    let (kernel, keeps) = (emit(site).map_err(Failure::failed)?, keeps_the_past(site));
    let is_last = |id: ValueId, input: usize| {
        let reads_again = node.inputs[input + 1..].contains(&Some(id));
        let is_output = graph.outputs.contains(&id);
        !reads_again && !is_output && graph.consumers(id).iter().all(|&consumer| consumer <= place)
    };
    let operand = |(input, id): (usize, &Option<ValueId>)| {
        id.map(|id| Operand { id, is_last: is_last(id, input), is_kept: keeps && matches!(input, 4 | 5) })
    };
    let is_wanted = |id: &ValueId| !graph.consumers(*id).is_empty() || graph.outputs.contains(id);
    Ok(Call {
        kernel,
        inputs: node.inputs.iter().enumerate().map(operand).collect(),
        outputs: node.outputs.iter().map(|id| id.filter(is_wanted)).collect(),
    })
}
