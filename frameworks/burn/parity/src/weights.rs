//! The module from the files that Assay writes. Burn rotates neighbouring numbers, the checkpoint the two halves of a head: as those who port
//! Llama to Burn do, the rows of queries' and keys' weights change places once.

use burn::module::Param;
use burn::nn::{
    Embedding, EmbeddingConfig, Linear, LinearConfig, RmsNorm, RmsNormConfig, RotaryEncodingConfig, SwiGluConfig,
};
use burn::prelude::*;
use parity_side::SafeTensors;

use crate::llama::{Attention, Layer, Llama, Past};

pub struct Files<'a> {
    pub tensors: SafeTensors<'a>,
    pub device: &'a Device,
}

/// What the file does not say.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub layers: usize,
    pub head_size: usize,
}

pub fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().expect("four bytes"))).collect()
}

/// Between [heads, 2, half, …] and [heads, half, 2, …], in both directions.
pub fn with_halves_swapped<const D: usize>(x: Tensor<D>, dim: usize, outer: usize, inner: usize) -> Tensor<D> {
    let shape = x.dims();
    let size = shape[dim] / outer / inner;
    let before: usize = shape[..dim].iter().product();
    let after: usize = shape[dim + 1..].iter().product();
    let x = x.reshape([before * outer, inner, size, after]).swap_dims(1, 2);
    x.reshape(shape)
}

impl Files<'_> {
    fn tensor<const D: usize>(&self, name: &str) -> Tensor<D> {
        let view = self.tensors.tensor(name).unwrap_or_else(|_| panic!("no {name}"));
        Tensor::from_data(TensorData::new(floats(view.data()), view.shape().to_vec()), self.device)
    }

    fn linear(&self, name: &str, rotated: Option<usize>) -> Linear {
        let mut weight: Tensor<2> = self.tensor(&format!("{name}.weight"));
        let [outputs, inputs] = weight.dims();
        if let Some(head_size) = rotated {
            weight = with_halves_swapped(weight, 0, outputs / head_size, 2);
        }
        let mut linear = LinearConfig::new(inputs, outputs).with_bias(false).init(self.device);
        linear.weight = Param::from_data(weight.transpose().into_data(), self.device);
        linear
    }

    fn norm(&self, name: &str) -> RmsNorm {
        let gamma: Tensor<1> = self.tensor(&format!("{name}.weight"));
        let mut norm = RmsNormConfig::new(gamma.dims()[0]).with_epsilon(1e-5).init(self.device);
        norm.gamma = Param::from_data(gamma.into_data(), self.device);
        norm
    }

    fn embedding(&self, name: &str) -> Embedding {
        let weight: Tensor<2> = self.tensor(&format!("{name}.weight"));
        let [rows, width] = weight.dims();
        let mut embedding = EmbeddingConfig::new(rows, width).init(self.device);
        embedding.weight = Param::from_data(weight.into_data(), self.device);
        embedding
    }

    fn layer(&self, place: usize, head_size: usize) -> Layer {
        let linear = |name: &str, rotated| self.linear(&format!("model.layers.{place}.{name}"), rotated);
        let norm = |name: &str| self.norm(&format!("model.layers.{place}.{name}"));
        let mut gated = SwiGluConfig::new(1, 1).with_bias(false).init(self.device);
        gated.linear_inner = linear("mlp.gate_proj", None);
        gated.linear_outer = linear("mlp.up_proj", None);
        Layer {
            attention_norm: norm("input_layernorm"),
            attention: Attention {
                query: linear("self_attn.q_proj", Some(head_size)),
                key: linear("self_attn.k_proj", Some(head_size)),
                value: linear("self_attn.v_proj", None),
                output: linear("self_attn.o_proj", None),
            },
            gated_norm: norm("post_attention_layernorm"),
            gated,
            down: linear("mlp.down_proj", None),
        }
    }

    pub fn llama(&self, sizes: Sizes) -> Llama {
        Llama {
            embedding: self.embedding("model.embed_tokens"),
            layers: (0..sizes.layers).map(|place| self.layer(place, sizes.head_size)).collect(),
            norm: self.norm("model.norm"),
            rotary: RotaryEncodingConfig::new(2048, sizes.head_size).with_theta(100000.0).init(self.device),
            head_size: sizes.head_size,
        }
    }

    pub fn pasts(&self, sizes: Sizes) -> Vec<Past> {
        let past = |place: usize| Past {
            key: with_halves_swapped(self.tensor::<4>(&format!("layers.{place}.past_key")), 3, 1, 2),
            value: self.tensor(&format!("layers.{place}.past_value")),
        };
        (0..sizes.layers).map(past).collect()
    }
}
