//! A whole request: the prompt through one graph, then token by token through another. The graph that is executed has the weights, which
//! Luminal hands from graph to graph; the keys and values of both lie in states of the second.

use std::collections::HashSet;

use assay_runner::{Answer, Dtype, Failure, Load, OutputFile, Tensors, part_inputs, state_of};

use crate::program::{Left, Program, Source};

pub struct WholeRequest {
    prefill: Program,
    decode: Program,
    decodes: usize,
    /// Of each part, [batch, 1, vocabulary].
    logits: Vec<Vec<f32>>,
    /// [batch, parts, vocabulary]
    shape: Vec<usize>,
}

impl WholeRequest {
    pub fn build(load: &Load) -> Answer<Self> {
        let generation = load.generation.as_ref().expect("the load has one");
        let (empty, none) = (generation.empty_states(), Tensors::new());
        let part = |graph, state, lent| Source { graph, weights: &load.weights, state, lent };
        let decode = Program::build(&part(&generation.decode, &empty, HashSet::new()))?;
        let prefill = Program::build(&part(&generation.prefill, &none, decode.parameters()))?;
        let shape = load.graph.value(load.graph.outputs[0]).shape.clone();
        Ok(Self { prefill, decode, decodes: generation.decodes, logits: Vec::new(), shape })
    }

    pub fn parts(&mut self, inputs: &Tensors, done: &mut (dyn FnMut() + Send)) -> Answer<()> {
        self.logits.clear();
        self.decode.lend(&mut self.prefill);
        for (first, given) in part_inputs(inputs, self.decodes) {
            let part = if first == 0 { &mut self.prefill } else { &mut self.decode };
            part.step(&given);
            self.keep(first)?;
            if first == 0 {
                self.prefill.lend(&mut self.decode);
            }
            done();
        }
        Ok(())
    }

    /// The logits, and the new keys and values in their places from `first` on.
    fn keep(&mut self, first: usize) -> Answer<()> {
        let part = if first == 0 { &self.prefill } else { &self.decode };
        let left = |left: Left| (left.name.to_string(), left.shape[1], left.data.to_vec());
        for (name, count, data) in part.left().map(left).collect::<Vec<_>>() {
            match state_of(&name) {
                Some(state) => put(&mut self.decode, &state, count, &data, first)?,
                None => self.logits.push(data),
            }
        }
        Ok(())
    }

    pub fn outputs(&self, to: &mut OutputFile) -> Answer<()> {
        let (batch, width) = (self.shape[0], self.shape[2]);
        let row = |sequence: usize| move |part: &Vec<f32>| part[sequence * width..][..width].to_vec();
        let all: Vec<f32> = (0..batch).flat_map(|sequence| self.logits.iter().flat_map(row(sequence))).collect();
        to.write("logits", Dtype::F32, &self.shape, bytemuck::cast_slice(&all))
    }
}

/// [batch, count, heads * size] into the places of a state, [batch, heads, places, size]. The last token has none: nobody follows it.
fn put(decode: &mut Program, state: &str, count: usize, data: &[f32], first: usize) -> Answer<()> {
    let Some((&[_, heads, places, size], kept)) = decode.state(state) else {
        return Err(Failure::failed(format!("{state} is no state of decode")));
    };
    for (place, row) in data.chunks(size).enumerate() {
        let (sequence, token, head) = (place / heads / count, first + place / heads % count, place % heads);
        if token < places {
            kept[((sequence * heads + head) * places + token) * size..][..size].copy_from_slice(row);
        }
    }
    Ok(())
}
