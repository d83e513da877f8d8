//! The other side of parity.py: Meganeura's own SmolLM2, unmodified, as its example runs it, without Assay's SDK.
//!
//!     meganeura-parity CASE SIZES WEIGHTS INPUTS0 INPUTS1
//!
//! CASE is prefill or training; SIZES the numbers of the model's config as JSON. Vulkan's device is the one that the environment lets it see. Reads
//! and answers one JSON object a line: {"versions": true}, {"steps": [0, 1]}, {"outputs": FILE}. The file gets logits, or the loss.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::time::Instant;

use meganeura::models::smollm2::{self, SmolLM2Config};
use meganeura::runtime::{CoopPolicy, SessionOptions};
use meganeura::{Graph, Mode, Session, SessionConfig, build};
use safetensors::SafeTensors;
use serde_json::{Value, json};

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().expect("four bytes"))).collect()
}

fn ids(file: &SafeTensors, name: &str) -> Option<Vec<u32>> {
    let view = file.tensor(name).ok()?;
    let ids = view.data().chunks_exact(8).map(|eight| i64::from_le_bytes(eight.try_into().expect("eight bytes")) as u32);
    Some(ids.collect())
}

fn turned(data: &[f32], columns: usize) -> Vec<f32> {
    let rows = data.len() / columns;
    (0..data.len()).map(|i| data[i % rows * columns + i / rows]).collect()
}

/// Weights as the example loads them: those of Linear turned, those that the compiler has joined one below the other before that.
fn load_weights(session: &mut Session, file: &SafeTensors, config: &SmolLM2Config) {
    let to_turn = smollm2::transposed_weight_names(config);
    for (name, _) in session.plan().param_buffers.clone() {
        let parts: Vec<&str> = name.split('+').collect();
        let view = |part: &str| file.tensor(part).unwrap_or_else(|_| panic!("no {part}"));
        let joined: Vec<f32> = parts.iter().flat_map(|part| floats(view(part).data())).collect();
        let columns = *view(parts[0]).shape().last().expect("a shape");
        let turns = parts.iter().any(|part| to_turn.iter().any(|known| known == part));
        session.set_parameter(&name, &if turns { turned(&joined, columns) } else { joined });
    }
}

struct Inputs {
    tokens: Vec<u32>,
    labels: Option<Vec<u32>>,
}

struct Work {
    session: Session,
    classes: usize,
    loss: Option<f32>,
    rows: usize,
}

impl Work {
    fn give(&mut self, inputs: &Inputs) {
        self.session.set_input_u32("token_ids", &inputs.tokens);
        self.rows = inputs.tokens.len();
        if let Some(labels) = &inputs.labels {
            let mut ones = vec![0.0f32; labels.len() * self.classes];
            labels.iter().enumerate().for_each(|(row, &label)| ones[row * self.classes + label as usize] = 1.0);
            self.session.set_input("labels", &ones);
        }
    }

    fn step(&mut self, trains: bool) {
        self.session.step();
        self.session.wait();
        self.loss = trains.then(|| self.session.read_loss());
    }

    fn outputs(&self) -> (&str, Vec<usize>, Vec<f32>) {
        match self.loss {
            Some(loss) => ("loss", vec![], vec![loss]),
            None => ("logits", vec![1, self.rows, self.classes], self.session.read_output(self.rows * self.classes)),
        }
    }
}

fn write((name, shape, data): (&str, Vec<usize>, Vec<f32>), path: &str) {
    let bytes: Vec<u8> = data.iter().flat_map(|x| x.to_le_bytes()).collect();
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape, &bytes).expect("a view");
    safetensors::serialize_to_file(HashMap::from([(name, view)]), None, path.as_ref()).expect("a file");
}

fn config(sizes: &Value) -> SmolLM2Config {
    let number = |name: &str| sizes[name].as_u64().expect("a number") as usize;
    SmolLM2Config {
        vocab_size: number("vocab_size"),
        hidden_size: number("hidden_size"),
        num_hidden_layers: number("num_hidden_layers"),
        num_attention_heads: number("num_attention_heads") as u32,
        num_key_value_heads: number("num_key_value_heads") as u32,
        intermediate_size: number("intermediate_size"),
        rms_norm_eps: 1e-5,
        rope_theta: 100000.0,
        tie_word_embeddings: true,
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, case, sizes, path, sets @ ..] = &arguments[..] else { panic!("CASE SIZES WEIGHTS INPUTS0 INPUTS1") };
    let config = config(&serde_json::from_str(sizes).expect("JSON"));
    let inputs = sets.iter().map(|path| {
        let file = std::fs::read(path).expect("a file");
        let file = SafeTensors::deserialize(&file).expect("safetensors");
        Inputs { tokens: ids(&file, "input_ids").expect("tokens"), labels: ids(&file, "labels") }
    });
    let inputs: Vec<Inputs> = inputs.collect();
    let trains = case == "training";
    let length = inputs[0].tokens.len();
    let mut graph = Graph::new();
    if trains {
        graph = smollm2::build_training_graph(&config, length);
    } else {
        let logits = smollm2::build_graph(&mut graph, &config, length);
        graph.set_outputs(vec![logits]);
    }
    let (mut session, _) = build(&graph, SessionConfig {
        mode: if trains { Mode::Training } else { Mode::Inference },
        runtime: SessionOptions { coop: CoopPolicy::Disabled, ..SessionOptions::default() },
        ..SessionConfig::default()
    });
    let file = std::fs::read(path).expect("a file");
    load_weights(&mut session, &SafeTensors::deserialize(&file).expect("safetensors"), &config);
    drop(file);
    let mut work = Work { session, classes: config.vocab_size, loss: None, rows: length };
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.expect("a line")).expect("a line of JSON");
        let mut answer = json!({});
        if request.get("versions").is_some() {
            answer = json!({"meganeura": "0.3.0"});
        }
        if let Some(steps) = request.get("steps").and_then(Value::as_array) {
            let mut samples = Vec::new();
            for set in steps {
                work.give(&inputs[set.as_u64().expect("a set") as usize]);
                let start = Instant::now();
                work.step(trains);
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
