//! The other side of parity.py: Llama written with the modules of `burn::nn`, on the back end Flex, without Assay's SDK.
//!
//!     burn-parity CASE SIZES WEIGHTS STATE INPUTS0 INPUTS1
//!
//! CASE is prefill, decode or training; SIZES {"layers": …, "head_size": …}; STATE is empty but for decode. The file of
//! outputs gets logits, or loss and gradients.

mod llama;
mod weights;

use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, RmsNorm};
use burn::prelude::*;
use burn::tensor::Gradients;
use parity_side::{Named, SafeTensors, Value, json, read};

use llama::{Llama, Past};
use weights::{Files, Sizes, with_halves_swapped};

fn integers<const D: usize>(file: &SafeTensors, name: &str, device: &Device) -> Option<Tensor<D, Int>> {
    let (ids, shape) = parity_side::integers(file, name)?;
    Some(Tensor::from_data(TensorData::new(ids, shape), device))
}

struct Inputs {
    tokens: Tensor<2, Int>,
    labels: Option<Tensor<1, Int>>,
}

struct Work {
    inputs: Vec<Inputs>,
    model: Llama,
    sizes: Sizes,
    device: Device,
    pasts: Option<Vec<Past>>,
    logits: Option<Tensor<3>>,
    loss: Option<Tensor<1>>,
    gradients: Option<Gradients>,
}

impl parity_side::Work for Work {
    fn step(&mut self, set: usize) {
        let inputs = &self.inputs[set];
        (self.logits, self.loss, self.gradients) = (None, None, None);
        let mut pasts = self.pasts.clone();
        let logits = self.model.forward(inputs.tokens.clone(), pasts.as_mut());
        match &inputs.labels {
            Some(labels) => {
                let [_, rows, classes] = logits.dims();
                let loss = CrossEntropyLossConfig::new().init(&self.device);
                let loss = loss.forward(logits.reshape([rows, classes]), labels.clone());
                self.gradients = Some(loss.backward());
                self.loss = Some(loss);
            }
            None => self.logits = Some(logits),
        }
        self.device.sync().expect("a step");
    }

    fn write_outputs(&self, path: &str) {
        parity_side::write(&self.outputs(), path);
    }
}

impl Work {
    fn outputs(&self) -> Vec<Named> {
        if let Some(logits) = &self.logits {
            return vec![left("logits", logits.clone())];
        }
        let loss = self.loss.clone().expect("a step came before").into_data().try_to_vec().expect("floats");
        let mut all = vec![("loss".to_string(), vec![], loss)];
        let gradients = self.gradients.as_ref().expect("a step came before");
        let of = |tensor: Tensor<2>| tensor.grad(gradients).expect("a gradient");
        let norm = |name: &str, module: &RmsNorm| {
            left(&format!("grad.{name}.weight"), module.gamma.val().grad(gradients).expect("a gradient"))
        };
        let linear = |name: &str, module: &Linear, rotated: bool| {
            let turned = of(module.weight.val()).transpose();
            let heads = turned.dims()[0] / self.sizes.head_size;
            let half = self.sizes.head_size / 2;
            let back = if rotated { with_halves_swapped(turned, 0, heads, half) } else { turned };
            left(&format!("grad.{name}.weight"), back)
        };
        all.push(left("grad.model.embed_tokens.weight", of(self.model.embedding.weight.val())));
        all.push(norm("model.norm", &self.model.norm));
        for (place, layer) in self.model.layers.iter().enumerate() {
            let name = |end: &str| format!("model.layers.{place}.{end}");
            all.push(norm(&name("input_layernorm"), &layer.attention_norm));
            all.push(norm(&name("post_attention_layernorm"), &layer.gated_norm));
            all.push(linear(&name("self_attn.q_proj"), &layer.attention.query, true));
            all.push(linear(&name("self_attn.k_proj"), &layer.attention.key, true));
            all.push(linear(&name("self_attn.v_proj"), &layer.attention.value, false));
            all.push(linear(&name("self_attn.o_proj"), &layer.attention.output, false));
            all.push(linear(&name("mlp.gate_proj"), &layer.gated.linear_inner, false));
            all.push(linear(&name("mlp.up_proj"), &layer.gated.linear_outer, false));
            all.push(linear(&name("mlp.down_proj"), &layer.down, false));
        }
        all
    }
}

fn left<const D: usize>(name: &str, tensor: Tensor<D>) -> Named {
    (name.to_string(), tensor.dims().to_vec(), tensor.into_data().try_to_vec().expect("floats"))
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, case, sizes, path, state, sets @ ..] = &arguments[..] else {
        panic!("CASE SIZES WEIGHTS STATE INPUTS0 INPUTS1")
    };
    let sizes: Value = serde_json::from_str(sizes).expect("JSON");
    let number = |name: &str| sizes[name].as_u64().expect("a number") as usize;
    let sizes = Sizes { layers: number("layers"), head_size: number("head_size") };
    let device = if case == "training" { Device::flex().autodiff() } else { Device::flex() };
    let files = read(path);
    let files = Files { tensors: SafeTensors::deserialize(&files).expect("safetensors"), device: &device };
    let model = files.llama(sizes);
    let pasts = (case == "decode").then(|| {
        let state = read(state);
        Files { tensors: SafeTensors::deserialize(&state).expect("safetensors"), device: &device }.pasts(sizes)
    });
    let inputs = sets.iter().map(|path| {
        let file = read(path);
        let file = SafeTensors::deserialize(&file).expect("safetensors");
        Inputs {
            tokens: integers(&file, "input_ids", &device).expect("tokens"),
            labels: integers(&file, "labels", &device),
        }
    });
    let mut work =
        Work { inputs: inputs.collect(), model, sizes, device, pasts, logits: None, loss: None, gradients: None };
    parity_side::serve(json!({"burn": "0.22.1", "threads": rayon::current_num_threads()}), &mut work);
}
