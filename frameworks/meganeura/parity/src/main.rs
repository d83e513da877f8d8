//! The other side of parity.py: Meganeura's own SmolLM2, unmodified, as its example runs it, without Assay's SDK.
//!
//!     meganeura-parity CASE SIZES WEIGHTS INPUTS0 INPUTS1
//!
//! CASE is prefill or training; SIZES the numbers of the model's config as JSON. Vulkan's device is the one that the environment lets it see. The
//! file of outputs gets logits, or the loss.

use meganeura::models::smollm2::{self, SmolLM2Config};
use meganeura::runtime::{CoopPolicy, SessionOptions};
use meganeura::{Graph, Mode, Session, SessionConfig, build};
use parity_side::{Named, SafeTensors, Value, json, read};

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().expect("four bytes"))).collect()
}

fn ids(file: &SafeTensors, name: &str) -> Option<Vec<u32>> {
    let (ids, _) = parity_side::integers(file, name)?;
    Some(ids.into_iter().map(|id| id as u32).collect())
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
    inputs: Vec<Inputs>,
    trains: bool,
    classes: usize,
    loss: Option<f32>,
}

impl parity_side::Work for Work {
    fn give(&mut self, set: usize) {
        let inputs = &self.inputs[set];
        self.session.set_input_u32("token_ids", &inputs.tokens);
        if let Some(labels) = &inputs.labels {
            let mut ones = vec![0.0f32; labels.len() * self.classes];
            labels.iter().enumerate().for_each(|(row, &label)| ones[row * self.classes + label as usize] = 1.0);
            self.session.set_input("labels", &ones);
        }
    }

    fn step(&mut self, _set: usize) {
        self.session.step();
        self.session.wait();
        self.loss = self.trains.then(|| self.session.read_loss());
    }

    fn write_outputs(&self, path: &str) {
        parity_side::write(&[self.output()], path);
    }
}

impl Work {
    fn output(&self) -> Named {
        if let Some(loss) = self.loss {
            return ("loss".into(), vec![], vec![loss]);
        }
        let rows = self.inputs[0].tokens.len();
        ("logits".into(), vec![1, rows, self.classes], self.session.read_output(rows * self.classes))
    }
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
        let file = read(path);
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
    let (mut session, _) = build(
        &graph,
        SessionConfig {
            mode: if trains { Mode::Training } else { Mode::Inference },
            runtime: SessionOptions { coop: CoopPolicy::Disabled, ..SessionOptions::default() },
            ..SessionConfig::default()
        },
    );
    let file = read(path);
    load_weights(&mut session, &SafeTensors::deserialize(&file).expect("safetensors"), &config);
    drop(file);
    let mut work = Work { session, inputs, trains, classes: config.vocab_size, loss: None };
    parity_side::serve(json!({"meganeura": "0.3.0"}), &mut work);
}
