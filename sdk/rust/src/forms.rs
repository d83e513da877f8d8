//! What the graph says of tensors, by name: their element types and shapes; and whether some are so.

use std::collections::BTreeMap;

use safetensors::Dtype;

use crate::failure::{Answer, Failure};
use crate::graph::{Graph, Role};
use crate::tensor::Tensors;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
}

impl Form {
    pub fn bytes(&self) -> usize {
        self.shape.iter().product::<usize>() * self.dtype.bitsize() / 8
    }
}

pub type Forms = BTreeMap<String, Form>;

/// Of the graph's values with that role.
pub fn of_role(graph: &Graph, role: Role) -> Forms {
    graph.with_role(role).map(|(_, v)| (v.name.clone(), Form { dtype: v.dtype, shape: v.shape.clone() })).collect()
}

/// Of tensors that are there.
pub fn of_tensors(tensors: &Tensors) -> Forms {
    tensors.iter().map(|(name, t)| (name.clone(), Form { dtype: t.dtype(), shape: t.shape().to_vec() })).collect()
}

/// Of what a step must leave.
pub fn of_outputs(graph: &Graph, gradients: bool) -> Forms {
    let form = |value: &crate::graph::Value| Form { dtype: value.dtype, shape: value.shape.clone() };
    let outputs = graph.outputs.iter().map(|&id| (graph.value(id).name.clone(), form(graph.value(id))));
    let trained = graph.with_role(Role::Parameter).filter(|(_, value)| gradients && value.trainable);
    outputs.chain(trained.map(|(_, value)| (format!("grad.{}", value.name), form(value)))).collect()
}

/// Fails naming the tensor that is of another form. `place` starts the message.
pub fn check_one(name: &str, found: &Form, wanted: &Forms, place: &str) -> Answer<()> {
    let Some(form) = wanted.get(name) else {
        return Err(Failure::failed(format!("{place}: tensor '{name}' is not in the graph")));
    };
    if found != form {
        let text = |form: &Form| format!("{:?} {:?}", form.dtype, form.shape);
        let (is, says) = (text(found), text(form));
        return Err(Failure::failed(format!("{place}: tensor '{name}' is {is}, the graph says {says}")));
    }
    Ok(())
}

/// Fails naming the tensor that is missing, too many, or of another form.
pub fn check(found: &Forms, wanted: &Forms, place: &str) -> Answer<()> {
    if let Some(name) = wanted.keys().find(|name| !found.contains_key(*name)) {
        return Err(Failure::failed(format!("{place}: tensor '{name}' is missing")));
    }
    found.iter().try_for_each(|(name, form)| check_one(name, form, wanted, place))
}
