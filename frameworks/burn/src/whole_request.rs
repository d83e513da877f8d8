//! A whole request: the prompt through one network, then token by token through another, with which the keys and values of both stay.

use assay_runner::{
    Answer, Dtype, Failure, Generation, Load, OutputFile, Role, Tensors, ValueId, part_inputs, state_of,
};
use burn_backend::Backend;
use burn_backend::tensor::FloatTensor;

use crate::attention::overwritten;
use crate::layout::joined;
use crate::model::Model;
use crate::network::Network;
use crate::value::{Value, shape_of};

pub struct WholeRequest<B: Backend> {
    prefill: Network<B>,
    decode: Network<B>,
    decodes: usize,
    /// Of each part.
    logits: Vec<Value<B>>,
}

impl<B: Backend> WholeRequest<B> {
    pub fn of(load: Load, device: B::Device) -> Answer<Self> {
        let generation = load.generation.ok_or_else(|| Failure::failed("the load has no generation"))?;
        let empty = generation.empty_states();
        let Generation { prefill, decode, decodes } = generation;
        let decode = Network::of(decode, &load.weights, &empty, device.clone(), None)?;
        make_room(&decode);
        let prefill = Network::of(prefill, &load.weights, &Tensors::new(), device, Some(&decode))?;
        Ok(Self { prefill, decode, decodes, logits: Vec::new() })
    }

    /// The logits of the part that ran last, and its new keys and values in their places from `first` on.
    fn keep(&mut self, first: usize) -> Answer<()> {
        let part = if self.logits.is_empty() { &self.prefill } else { &self.decode };
        for &id in &part.graph().outputs {
            let value = part.value(id).clone();
            match state_of(&part.graph().value(id).name) {
                Some(state) => put(&self.decode, &state, value, first)?,
                None => self.logits.push(value),
            }
        }
        Ok(())
    }
}

impl<B: Backend> Model for WholeRequest<B> {
    fn step(&mut self, _inputs: &Tensors) -> Answer<()> {
        Err(Failure::failed("the load has a generation"))
    }

    fn parts(&mut self, inputs: &Tensors, done: &mut (dyn FnMut() + Send)) -> Answer<()> {
        self.logits.clear();
        for (first, given) in part_inputs(inputs, self.decodes) {
            let part = if self.logits.is_empty() { &mut self.prefill } else { &mut self.decode };
            part.run(&given)?;
            self.keep(first)?;
            done();
        }
        Ok(())
    }

    fn outputs(&mut self, to: &mut OutputFile) -> Answer<()> {
        let logits = joined(self.logits.clone(), 1);
        let shape = logits.shape();
        to.write("logits", Dtype::F32, &shape, logits.into_data()?.as_bytes())
    }
}

/// One place more than the past has: there attention puts the new row.
fn make_room<B: Backend>(decode: &Network<B>) {
    for (id, value) in decode.graph().with_role(Role::State) {
        let shape = [value.shape[0], value.shape[1], value.shape[2] + 1, value.shape[3]];
        let zeros: FloatTensor<B> = B::float_zeros(shape.into(), decode.device(), burn_backend::DType::F32.into());
        decode.pasts().borrow_mut().insert(id, zeros);
    }
}

/// [batch, count, heads * size] into [batch, heads, places, size] of a state.
fn put<B: Backend>(decode: &Network<B>, state: &str, rows: Value<B>, first: usize) -> Answer<()> {
    let id: ValueId =
        decode.graph().find(state).ok_or_else(|| Failure::failed(format!("there is no state {state}")))?;
    let past: FloatTensor<B> =
        decode.pasts().borrow_mut().remove(&id).ok_or_else(|| Failure::failed(format!("{state} is not kept")))?;
    let (all, count) = (shape_of::<B>(&past), rows.shape()[1]);
    let by_head = rows.reshape(&[all[0], count, all[1], all[3]]).permute(&[0, 2, 1, 3]);
    decode.pasts().borrow_mut().insert(id, overwritten::<B>(past, first, by_head.float()));
    Ok(())
}
