//! A whole request: the prompt through one session, then token by token through another, which writes the keys and values of each token into its
//! caches itself; those of the prompt are written there in between. A session has buffers of its own, so each has the weights.

use assay_runner::{Answer, Dtype, Failure, Load, OutputFile, Tensors, part_inputs, state_of};

use crate::emitter::{Cache, Source};
use crate::program::Program;

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
    pub fn load(load: &Load) -> Answer<Self> {
        let generation = load.generation.as_ref().ok_or_else(|| Failure::failed("the load has no generation"))?;
        let state = Tensors::new();
        let part = |graph, cached| Source { graph, weights: &load.weights, state: &state, gradients: false, cached };
        let prefill = Program::load(&part(&generation.prefill, false), &load.request)?;
        let decode = Program::load(&part(&generation.decode, true), &load.request)?;
        let shape = load.graph.value(load.graph.outputs[0]).shape.clone();
        Ok(Self { prefill, decode, decodes: generation.decodes, logits: Vec::new(), shape })
    }

    pub fn parts(&mut self, inputs: &Tensors, done: &mut (dyn FnMut() + Send)) {
        self.logits.clear();
        for (first, given) in part_inputs(inputs, self.decodes) {
            let part = if first == 0 { &mut self.prefill } else { &mut self.decode };
            part.step(&given);
            self.keep(first);
            done();
        }
    }

    /// The logits, and what the prompt left of keys and values.
    fn keep(&mut self, first: usize) {
        let part = if first == 0 { &self.prefill } else { &self.decode };
        let left: Vec<_> = part.left().map(|(name, shape, floats)| (state_of(name), shape[1], floats)).collect();
        for (state, count, floats) in left {
            let Some(state) = state else {
                self.logits.push(floats);
                continue;
            };
            let own = |cache: &&Cache| cache.state == state;
            let filled = |cache: &Cache| (cache.name(), filled(cache, count, &floats));
            let caches: Vec<_> = self.decode.caches().iter().filter(own).map(filled).collect();
            caches.iter().for_each(|(name, floats)| self.decode.fill(name, floats));
        }
    }

    pub fn outputs(&self, to: &mut OutputFile) -> Answer<()> {
        let (batch, width) = (self.shape[0], self.shape[2]);
        let row = |sequence: usize| move |part: &Vec<f32>| part[sequence * width..][..width].to_vec();
        let all = (0..batch).flat_map(|sequence| self.logits.iter().flat_map(row(sequence)));
        to.write("logits", Dtype::F32, &self.shape, &all.flat_map(f32::to_le_bytes).collect::<Vec<_>>())
    }
}

/// A cache with the prompt's rows [batch, count, heads * size] of its sequence in its first places.
fn filled(cache: &Cache, count: usize, rows: &[f32]) -> Vec<f32> {
    let &Cache { sequence, places, heads, size, width, .. } = cache;
    let mut floats = vec![0.0; places * heads * width];
    let own = &rows[sequence * count * heads * size..][..count * heads * size];
    for (place, head) in own.chunks(size).enumerate() {
        floats[place * width..][..size].copy_from_slice(head);
    }
    floats
}
