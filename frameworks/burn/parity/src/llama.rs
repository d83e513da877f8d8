//! Llama as a module of Burn's own, in the way of its book: nothing but the building blocks of `burn::nn`.

use burn::module::Module;
use burn::nn::{Embedding, Linear, RmsNorm, RotaryEncoding, SwiGlu};
use burn::prelude::*;
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;

#[derive(Module, Debug)]
pub struct Attention {
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub output: Linear,
}

#[derive(Module, Debug)]
pub struct Layer {
    pub attention_norm: RmsNorm,
    pub attention: Attention,
    pub gated_norm: RmsNorm,
    pub gated: SwiGlu,
    pub down: Linear,
}

#[derive(Module, Debug)]
pub struct Llama {
    pub embedding: Embedding,
    pub layers: Vec<Layer>,
    pub norm: RmsNorm,
    pub rotary: RotaryEncoding,
    pub head_size: usize,
}

/// Keys and values of all positions so far, [1, heads, positions, head size].
#[derive(Clone)]
pub struct Past {
    pub key: Tensor<4>,
    pub value: Tensor<4>,
}

impl Attention {
    fn forward(&self, x: Tensor<3>, past: Option<&mut Past>, rotary: &RotaryEncoding, head_size: usize) -> Tensor<3> {
        let [batch, length, _] = x.dims();
        let heads = |x: Tensor<3>| x.reshape([batch as i64, length as i64, -1, head_size as i64]).swap_dims(1, 2);
        let start = past.as_ref().map_or(0, |past| past.key.dims()[2]);
        let query = rotary.apply(heads(self.query.forward(x.clone())), start);
        let mut key = rotary.apply(heads(self.key.forward(x.clone())), start);
        let mut value = heads(self.value.forward(x));
        if let Some(past) = past {
            key = Tensor::cat(vec![past.key.clone(), key], 2);
            value = Tensor::cat(vec![past.value.clone(), value], 2);
            *past = Past { key: key.clone(), value: value.clone() };
        }
        let shared = query.dims()[1] / key.dims()[1];
        let options = AttentionModuleOptions { is_causal: length > 1, ..Default::default() };
        let mixed = attention(query, repeated(key, shared), repeated(value, shared), None, None, options);
        self.output.forward(mixed.swap_dims(1, 2).reshape([batch as i64, length as i64, -1]))
    }
}

/// Each head as often as query heads share it.
fn repeated(x: Tensor<4>, times: usize) -> Tensor<4> {
    let [batch, heads, length, size] = x.dims();
    x.unsqueeze_dim::<5>(2).expand([batch, heads, times, length, size]).reshape([batch, heads * times, length, size])
}

impl Llama {
    /// The logits of all positions.
    pub fn forward(&self, tokens: Tensor<2, Int>, mut pasts: Option<&mut Vec<Past>>) -> Tensor<3> {
        let mut x = self.embedding.forward(tokens);
        for (place, layer) in self.layers.iter().enumerate() {
            let past = pasts.as_mut().map(|pasts| &mut pasts[place]);
            let normal = layer.attention_norm.forward(x.clone());
            x = x + layer.attention.forward(normal, past, &self.rotary, self.head_size);
            x = x.clone() + layer.down.forward(layer.gated.forward(layer.gated_norm.forward(x)));
        }
        let head = self.embedding.weight.val().transpose().unsqueeze::<3>();
        self.norm.forward(x).matmul(head)
    }
}
