//! The files of a load request, read and checked against its graph.

use crate::failure::{Answer, Failure};
use crate::forms;
use crate::generation::Generation;
use crate::graph::{Graph, Role};
use crate::message::LoadRequest;
use crate::tensor::{Tensor, Tensors};

/// The request to load with its files read. Weights and state hold exactly the graph's parameters and states, in the types and shapes
/// that the graph says, as views of mapped files (copy what you keep, or keep the views).
pub struct Load {
    pub graph: Graph,
    pub weights: Tensors,
    pub state: Tensors,
    /// Of a step that runs in parts.
    pub generation: Option<Generation>,
    /// Variant, device, precision, threads, gradients, cache, and the files' paths.
    pub request: LoadRequest,
}

impl Load {
    /// Fails naming the file and the tensor that is missing, too many, or not as the graph says.
    pub(crate) fn read(request: LoadRequest) -> Answer<Self> {
        let graph = Graph::read_file(&request.graph)?;
        let mut weights = Tensor::read_file(&request.weights)?;
        // A weights file may hold more than the graph uses.
        weights.retain(|name, _| graph.find(name).is_some_and(|id| graph.value(id).role == Role::Parameter));
        let state = request.state.as_deref().map_or(Ok(Tensors::new()), Tensor::read_file)?;
        check(&graph, &weights, Role::Parameter, &request.weights)?;
        match &request.state {
            Some(path) => check(&graph, &state, Role::State, path)?,
            None if graph.with_role(Role::State).next().is_some() => {
                return Err(Failure::failed(format!("load lacks the state that {} has", request.graph)));
            }
            None => (),
        }
        let generation = request.generation.as_ref().map(Generation::read).transpose()?;
        Ok(Self { graph, weights, state, generation, request })
    }
}

fn check(graph: &Graph, tensors: &Tensors, role: Role, path: &str) -> Answer<()> {
    forms::check(&forms::of_tensors(tensors), &forms::of_role(graph, role), path)
}
