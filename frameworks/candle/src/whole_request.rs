//! A whole request: the prompt through one program, then token by token through another, in whose memories lie the keys and values of both.

use std::collections::HashMap;

use assay_runner::{Answer, Dtype, Failure, Load, OutputFile, Tensors, part_inputs, state_of};
use candle_core::Tensor;

use crate::convert;
use crate::program::{Program, Source};

pub struct WholeRequest {
    prefill: Program,
    decode: Program,
    decodes: usize,
    /// Of each part.
    logits: Vec<Tensor>,
}

impl WholeRequest {
    pub fn build(load: &Load) -> Answer<Self> {
        let generation = load.generation.as_ref().expect("the load has one");
        let part = |graph, state, shared| Source { graph, weights: &load.weights, state, gradients: false, shared };
        let empty = generation.empty_states();
        let decode = Program::build(&part(&generation.decode, &empty, HashMap::new()))?;
        let shared = decode.parameters(&generation.decode);
        let prefill = Program::build(&part(&generation.prefill, &Tensors::new(), shared))?;
        Ok(Self { prefill, decode, decodes: generation.decodes, logits: Vec::new() })
    }

    pub fn parts(&mut self, inputs: &Tensors, done: &mut (dyn FnMut() + Send)) -> Answer<()> {
        self.logits.clear();
        for (first, given) in part_inputs(inputs, self.decodes) {
            let part = if self.logits.is_empty() { &mut self.prefill } else { &mut self.decode };
            part.step(&given)?;
            self.keep(first)?;
            done();
        }
        Ok(())
    }

    /// The logits, and the new keys and values in their places from `first` on: no token follows the last.
    fn keep(&mut self, first: usize) -> Answer<()> {
        let part = if self.logits.is_empty() { &self.prefill } else { &self.decode };
        for (name, tensor) in part.left() {
            match state_of(name) {
                Some(state) => put(&self.decode, &state, tensor, first)?,
                None => self.logits.push(tensor.clone()),
            }
        }
        Ok(())
    }

    pub fn outputs(&self, to: &mut OutputFile) -> Answer<()> {
        convert::write("logits", Dtype::F32, &Tensor::cat(&self.logits, 1)?, to)
    }
}

/// [batch, count, heads * size] into the memory [batch, heads, places, size] of a state.
fn put(decode: &Program, state: &str, rows: &Tensor, first: usize) -> Answer<()> {
    let memory = decode.memory(state).ok_or_else(|| Failure::failed(format!("{state} lies in no memory")))?;
    let (batch, heads, _, size) = memory.dims4()?;
    let count = rows.dim(1)?;
    let by_head = rows.reshape((batch, count, heads, size))?.transpose(1, 2)?.contiguous()?;
    Ok(memory.slice_set(&by_head, 2, first)?)
}
