//! A graph as a list of kernels, with all that stays between steps in place.

use std::cell::RefCell;
use std::collections::HashMap;

use assay_runner::{Answer, Dtype, Failure, Graph, Load, Node, OutputFile, Role, Tensors, ValueId};
use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};

use crate::convert;
use crate::device::here;
use crate::kernel::{Kernel, Operands, Site};
use crate::operators;

struct Step {
    kernel: Kernel,
    inputs: Vec<Option<ValueId>>,
    outputs: Vec<Option<ValueId>>,
    /// Values that nobody reads afterwards.
    last_read: Vec<ValueId>,
}

impl Step {
    fn of(node: &Node, kernel: Kernel) -> Self {
        Self { kernel, inputs: node.inputs.clone(), outputs: node.outputs.clone(), last_read: Vec::new() }
    }
}

struct Output {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    tensor: Option<Tensor>,
}

pub struct Program {
    steps: Vec<Step>,
    inputs: Vec<(String, ValueId)>,
    /// Of every value: parameters, states and constants stay, the others live during a step.
    values: Vec<Option<Tensor>>,
    results: Vec<(ValueId, Output)>,
    /// Of each trained parameter.
    gradients: Vec<(Var, Output)>,
    /// Where attention keeps states, by their names.
    memories: HashMap<String, Tensor>,
}

/// What a program is made of, and the parameters that another one has already.
pub struct Source<'a> {
    pub graph: &'a Graph,
    pub weights: &'a Tensors,
    pub state: &'a Tensors,
    pub gradients: bool,
    pub shared: HashMap<String, Tensor>,
}

impl<'a> Source<'a> {
    pub fn of(load: &'a Load) -> Self {
        let gradients = load.request.gradients;
        Self { graph: &load.graph, weights: &load.weights, state: &load.state, gradients, shared: HashMap::new() }
    }
}

impl Program {
    pub fn build(source: &Source) -> Answer<Self> {
        let graph = source.graph;
        let values = fixed_values(source)?;
        let (values, variables) = with_variables(source, values)?;
        let memories = RefCell::new(HashMap::new());
        let mut steps = Vec::new();
        graph.screen(|node| {
            let site = Site { graph, node, gradients: source.gradients, fixed: &values, memories: &memories };
            let compiled = operators::compile(&site).map(|kernel| steps.push(Step::of(node, kernel)));
            compiled.err()
        })?;
        let output = |name: String, id: ValueId| {
            let value = graph.value(id);
            Output { name, dtype: value.dtype, shape: value.shape.clone(), tensor: None }
        };
        let results = graph.outputs.iter().map(|&id| (id, output(graph.value(id).name.clone(), id))).collect();
        let gradients = variables
            .into_iter()
            .map(|(id, var)| (var, output(format!("grad.{}", graph.value(id).name), id)))
            .collect();
        let inputs = graph.with_role(Role::Input).map(|(id, value)| (value.name.clone(), id)).collect();
        let mut program = Self { steps, inputs, values, results, gradients, memories: memories.into_inner() };
        program.note_last_reads();
        Ok(program)
    }

    /// A value is let go after the last node that reads it, unless it stays or is a result.
    fn note_last_reads(&mut self) {
        let kept: Vec<ValueId> = self.results.iter().map(|(id, _)| *id).collect();
        let mut last: HashMap<ValueId, usize> = HashMap::new();
        for (place, step) in self.steps.iter().enumerate() {
            for &id in step.outputs.iter().chain(&step.inputs).flatten() {
                last.insert(id, place);
            }
        }
        for (id, place) in last {
            if self.values[id].is_none() && !kept.contains(&id) {
                self.steps[place].last_read.push(id);
            }
        }
    }

    pub fn step(&mut self, inputs: &Tensors) -> Answer<()> {
        self.forget();
        for (name, id) in &self.inputs {
            self.values[*id] = Some(convert::tensor(&inputs[name])?);
        }
        for step in &self.steps {
            let operands = step.inputs.iter().map(|id| id.and_then(|id| self.values[id].as_ref())).collect();
            let outputs = (step.kernel)(&Operands(operands))?;
            for (id, tensor) in step.outputs.iter().zip(outputs) {
                if let Some(id) = id {
                    self.values[*id] = Some(tensor);
                }
            }
            for &id in &step.last_read {
                self.values[id] = None;
            }
        }
        self.collect()?;
        Ok(here().synchronize()?)
    }

    /// The parameters as they lie, by name.
    pub fn parameters(&self, graph: &Graph) -> HashMap<String, Tensor> {
        let named = |(id, value): (ValueId, &assay_runner::Value)| Some((value.name.clone(), self.values[id].clone()?));
        graph.with_role(Role::Parameter).filter_map(named).collect()
    }

    /// What the last step left, by the outputs' names.
    pub fn left(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.results.iter().filter_map(|(_, output)| Some((output.name.as_str(), output.tensor.as_ref()?)))
    }

    pub fn memory(&self, state: &str) -> Option<&Tensor> {
        self.memories.get(state)
    }

    /// What the last step left.
    fn forget(&mut self) {
        let results = self.results.iter_mut().map(|(_, output)| output);
        results.chain(self.gradients.iter_mut().map(|(_, output)| output)).for_each(|output| output.tensor = None);
    }

    fn collect(&mut self) -> Answer<()> {
        for (id, output) in &mut self.results {
            output.tensor = self.values[*id].clone();
        }
        if self.gradients.is_empty() {
            return Ok(());
        }
        let (id, _) = &self.results[0];
        let loss = self.values[*id].take().expect("the loss was computed");
        let mut store = loss.backward()?;
        for (var, output) in &mut self.gradients {
            output.tensor = Some(gradient(&mut store, var)?);
        }
        Ok(())
    }

    pub fn outputs(&self, to: &mut OutputFile) -> Answer<()> {
        let results = self.results.iter().map(|(_, output)| output);
        for output in results.chain(self.gradients.iter().map(|(_, output)| output)) {
            let tensor = output.tensor.as_ref().ok_or_else(|| Failure::failed("a step left nothing"))?;
            convert::write(&output.name, output.dtype, &tensor.reshape(output.shape.as_slice())?, to)?;
        }
        Ok(())
    }
}

/// Candle leaves out the gradient of what the loss does not depend on.
fn gradient(store: &mut GradStore, var: &Var) -> Result<Tensor> {
    store.remove(var).map_or_else(|| var.zeros_like(), Ok)
}

fn fixed_values(given: &Source) -> Result<Vec<Option<Tensor>>> {
    let graph = given.graph;
    let source = |value: &assay_runner::Value| match value.role {
        Role::Parameter => given.weights.get(&value.name).cloned(),
        Role::State => given.state.get(&value.name).cloned(),
        Role::Constant => value.data.clone(),
        _ => None,
    };
    // A constant of a foreign type is the fault of the node that reads it.
    let known = |tensor: &assay_runner::Tensor| convert::dtype(tensor.dtype()).is_some();
    graph
        .values
        .iter()
        .map(|value| match given.shared.get(&value.name) {
            Some(tensor) => Ok(Some(tensor.clone())),
            None => source(value).filter(known).map(|tensor| convert::tensor(&tensor)).transpose(),
        })
        .collect()
}

type Variables = Vec<(ValueId, Var)>;

/// The trained parameters as Candle's variables, when gradients are asked for.
fn with_variables(given: &Source, mut values: Vec<Option<Tensor>>) -> Result<(Vec<Option<Tensor>>, Variables)> {
    let mut variables = Vec::new();
    if given.gradients {
        for (id, _) in given.graph.with_role(Role::Parameter).filter(|(_, value)| value.trainable) {
            let var = Var::from_tensor(values[id].as_ref().expect("a parameter has a tensor"))?;
            values[id] = Some(var.as_tensor().clone());
            variables.push((id, var));
        }
    }
    Ok((values, variables))
}
