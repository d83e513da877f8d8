//! What runners of requests in parts do alike, whatever their framework.

use safetensors::Dtype;

use crate::failure::Answer;
use crate::graph::{Graph, Role};
use crate::message::GenerationRequest;
use crate::tensor::{Tensor, Tensors};

/// A step that is a whole request: `prefill` once, then `decode` so many times, over the same weights (docs/protocol.md, generation). The input
/// input_ids holds what prefill takes, followed by one token of each sequence for each decode. What a graph gives as layers.N.key and
/// layers.N.value comes to the next places of decode's states layers.N.past_key and layers.N.past_value, which the runner makes.
pub struct Generation {
    pub prefill: Graph,
    pub decode: Graph,
    pub decodes: usize,
}

impl Generation {
    pub(crate) fn read(request: &GenerationRequest) -> Answer<Self> {
        let (prefill, decode) = (Graph::read_file(&request.prefill)?, Graph::read_file(&request.decode)?);
        Ok(Self { prefill, decode, decodes: request.decodes.get() })
    }

    /// The states of decode, filled with zeros.
    pub fn empty_states(&self) -> Tensors {
        let empty = |shape: &[usize]| Tensor::copied(Dtype::F32, shape, &vec![0; 4 * shape.iter().product::<usize>()]);
        self.decode.with_role(Role::State).map(|(_, value)| (value.name.clone(), empty(&value.shape))).collect()
    }
}

/// What the parts take of the inputs of a step, so many of them being decodes: first the prompt's ids, then for each token its ids and its
/// position. With each, how many tokens lie before it.
pub fn part_inputs(inputs: &Tensors, decodes: usize) -> impl Iterator<Item = (usize, Tensors)> {
    let ids = &inputs["input_ids"];
    let (batch, prompt) = (ids.shape()[0], ids.shape()[1] - decodes);
    let named = |name: &str, tensor| (name.to_string(), tensor);
    (0..=decodes).map(move |part| {
        if part == 0 {
            return (0, Tensors::from([named("input_ids", columns(ids, 0, prompt))]));
        }
        let at = prompt + part - 1;
        let position = integers(&vec![at as i64; batch], &[batch, 1]);
        (at, Tensors::from([named("input_ids", columns(ids, at, 1)), named("position", position)]))
    })
}

/// "layers.0.past_key" of "layers.0.key"; None of another output, the logits.
pub fn state_of(output: &str) -> Option<String> {
    output.rsplit_once('.').map(|(layer, kind)| format!("{layer}.past_{kind}"))
}

fn integers(values: &[i64], shape: &[usize]) -> Tensor {
    Tensor::copied(Dtype::I64, shape, bytemuck::cast_slice(values))
}

/// Columns `first` to `first + count` of [batch, all].
fn columns(ids: &Tensor, first: usize, count: usize) -> Tensor {
    let rows = ids.data::<i64>().chunks(ids.shape()[1]);
    let chosen: Vec<i64> = rows.flat_map(|row| row[first..first + count].iter().copied()).collect();
    integers(&chosen, &[ids.shape()[0], count])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_take_the_prompt_and_then_a_token_each() {
        let inputs = Tensors::from([("input_ids".to_string(), integers(&[1, 2, 3, 4, 5, 6, 7, 8], &[2, 4]))]);
        let parts: Vec<_> = part_inputs(&inputs, 2).collect();
        assert_eq!(parts.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 2, 3]);
        assert_eq!(parts[0].1["input_ids"].data::<i64>(), [1, 2, 5, 6]);
        assert_eq!(parts[2].1["input_ids"].data::<i64>(), [4, 8]);
        assert_eq!(parts[2].1["position"].data::<i64>(), [3, 3]);
        assert!(!parts[0].1.contains_key("position"));
    }

    #[test]
    fn new_rows_belong_to_a_state_and_logits_to_none() {
        assert_eq!(state_of("layers.7.value").as_deref(), Some("layers.7.past_value"));
        assert_eq!(state_of("logits"), None);
    }
}
