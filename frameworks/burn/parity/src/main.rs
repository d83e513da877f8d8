//! The other side of parity.py: Llama written with the modules of `burn::nn`, on the back end Flex, without Assay's SDK.
//!
//!     burn-parity CASE SIZES WEIGHTS STATE INPUTS0 INPUTS1
//!
//! CASE is prefill, decode or training; SIZES {"layers": …, "head_size": …}; STATE is empty but for decode. Reads and answers one JSON object
//! a line: {"versions": true}, {"steps": [0, 1]}, {"outputs": FILE}. The file gets logits, or loss and gradients, in the safetensors format.

mod llama;
mod weights;

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::time::Instant;

use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, RmsNorm};
use burn::prelude::*;
use burn::tensor::Gradients;
use safetensors::SafeTensors;
use serde_json::{Value, json};

use llama::{Llama, Past};
use weights::{Files, Sizes, with_halves_swapped};

/// The numbers of one tensor that is written, by its name.
type Left = Vec<(String, Vec<usize>, Vec<f32>)>;

fn integers<const D: usize>(file: &SafeTensors, name: &str, device: &Device) -> Option<Tensor<D, Int>> {
    let view = file.tensor(name).ok()?;
    let ids = view.data().chunks_exact(8).map(|eight| i64::from_le_bytes(eight.try_into().expect("eight bytes")));
    let ids: Vec<i64> = ids.collect();
    Some(Tensor::from_data(TensorData::new(ids, view.shape().to_vec()), device))
}

struct Inputs {
    tokens: Tensor<2, Int>,
    labels: Option<Tensor<1, Int>>,
}

struct Work {
    model: Llama,
    sizes: Sizes,
    device: Device,
    pasts: Option<Vec<Past>>,
    logits: Option<Tensor<3>>,
    loss: Option<Tensor<1>>,
    gradients: Option<Gradients>,
}

impl Work {
    fn step(&mut self, inputs: &Inputs) {
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

    fn outputs(&self) -> Left {
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

fn left<const D: usize>(name: &str, tensor: Tensor<D>) -> (String, Vec<usize>, Vec<f32>) {
    (name.to_string(), tensor.dims().to_vec(), tensor.into_data().try_to_vec().expect("floats"))
}

fn write(left: Left, path: &str) {
    let bytes: Vec<Vec<u8>> = left.iter().map(|(_, _, data)| data.iter().flat_map(|x| x.to_le_bytes()).collect()).collect();
    let views = left.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes);
        (name.clone(), view.expect("a view"))
    });
    safetensors::serialize_to_file(views.collect::<HashMap<_, _>>(), None, path.as_ref()).expect("a file");
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, case, sizes, path, state, sets @ ..] = &arguments[..] else { panic!("CASE SIZES WEIGHTS STATE INPUTS0 INPUTS1") };
    let sizes: Value = serde_json::from_str(sizes).expect("JSON");
    let number = |name: &str| sizes[name].as_u64().expect("a number") as usize;
    let sizes = Sizes { layers: number("layers"), head_size: number("head_size") };
    let device = if case == "training" { Device::flex().autodiff() } else { Device::flex() };
    let read = |path: &str| std::fs::read(path).expect("a file");
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
    let inputs: Vec<Inputs> = inputs.collect();
    let mut work = Work { model, sizes, device: device.clone(), pasts, logits: None, loss: None, gradients: None };
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.expect("a line")).expect("a line of JSON");
        let mut answer = json!({});
        if request.get("versions").is_some() {
            answer = json!({"burn": "0.22.1", "threads": rayon::current_num_threads()});
        }
        if let Some(steps) = request.get("steps").and_then(Value::as_array) {
            let mut samples = Vec::new();
            for set in steps {
                let start = Instant::now();
                work.step(&inputs[set.as_u64().expect("a set") as usize]);
                samples.push(start.elapsed().as_nanos() as u64);
            }
            answer = json!({"samples_ns": samples});
        }
        if let Some(path) = request.get("outputs").and_then(Value::as_str) {
            write(work.outputs(), path);
        }
        println!("{answer}");
        std::io::stdout().flush().expect("a pipe");
    }
}
