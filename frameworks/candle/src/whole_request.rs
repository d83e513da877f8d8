//! A whole request: the prompt through one program, then token by token through another, in whose memories lie the keys and values of both.

use std::collections::HashMap;

use assay_runner::{Answer, Dtype, Failure, Graph, Load, OutputFile, Role, Tensors};
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
        let empty = empty_states(&generation.decode);
        let decode = Program::build(&part(&generation.decode, &empty, HashMap::new()))?;
        let shared = decode.parameters(&generation.decode);
        let prefill = Program::build(&part(&generation.prefill, &Tensors::new(), shared))?;
        Ok(Self { prefill, decode, decodes: generation.decodes, logits: Vec::new() })
    }

    pub fn parts(&mut self, inputs: &Tensors, done: &mut (dyn FnMut() + Send)) -> Answer<()> {
        let ids = &inputs["input_ids"];
        let prompt = ids.shape()[1] - self.decodes;
        self.logits.clear();
        self.prefill.step(&Tensors::from([("input_ids".to_string(), columns(ids, 0, prompt))]))?;
        self.keep(false, 0)?;
        done();
        for at in prompt..prompt + self.decodes {
            let position = vec![at as i64; ids.shape()[0]];
            let given = [("input_ids", columns(ids, at, 1)), ("position", integers(&position, &[position.len(), 1]))];
            self.decode.step(&given.map(|(name, tensor)| (name.to_string(), tensor)).into())?;
            self.keep(true, at)?;
            done();
        }
        Ok(())
    }

    /// The logits, and the new keys and values in their places from `first` on: no token follows the last.
    fn keep(&mut self, decoded: bool, first: usize) -> Answer<()> {
        let part = if decoded { &self.decode } else { &self.prefill };
        for (name, tensor) in part.left() {
            match name.rsplit_once('.') {
                Some((layer, kind)) => put(&self.decode, &format!("{layer}.past_{kind}"), tensor, first)?,
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

fn empty_states(graph: &Graph) -> Tensors {
    let empty = |shape: &[usize]| {
        assay_runner::Tensor::copied(Dtype::F32, shape, &vec![0; 4 * shape.iter().product::<usize>()])
    };
    graph.with_role(Role::State).map(|(_, value)| (value.name.clone(), empty(&value.shape))).collect()
}

fn integers(values: &[i64], shape: &[usize]) -> assay_runner::Tensor {
    assay_runner::Tensor::copied(Dtype::I64, shape, bytemuck::cast_slice(values))
}

/// Columns `first` to `first + count` of [batch, all].
fn columns(ids: &assay_runner::Tensor, first: usize, count: usize) -> assay_runner::Tensor {
    let (batch, all) = (ids.shape()[0], ids.shape()[1]);
    let rows = ids.data::<i64>().chunks(all);
    let chosen: Vec<i64> = rows.flat_map(|row| row[first..first + count].iter().copied()).collect();
    integers(&chosen, &[batch, count])
}
