//! The other side of parity.py: candle-transformers' own models, unmodified, as its examples run them, without Assay's SDK.
//!
//!     candle-parity CASE CONFIG WEIGHTS INPUTS0 INPUTS1
//!
//! CASE is prefill, decode or whisper; CONFIG the model's config.json as text. The file of outputs gets
//! `logits`.

use std::collections::HashMap;

use candle_core::{DType, Device, Result, Tensor, safetensors};
use candle_nn::VarBuilder;
use candle_transformers::models::llama::{Cache, Llama, LlamaConfig};
use candle_transformers::models::whisper::model::Whisper;
use parity_side::json;

const CPU: &Device = &Device::Cpu;
/// How many tokens are behind the one that is decoded: the ids from 0 on.
const PAST: u32 = 128;

type Inputs = HashMap<String, Tensor>;

fn weights(path: &str) -> Result<VarBuilder<'static>> {
    // SAFETY: nobody writes to the file meanwhile.
    unsafe { VarBuilder::from_mmaped_safetensors(&[path], DType::F32, CPU) }
}

struct Language {
    model: Llama,
    /// Empty, or filled with the past.
    cache: Cache,
    past: usize,
    /// The head of all positions but the last: `Llama` computes the last one's, our workload those of all.
    head: Option<Tensor>,
}

impl Language {
    fn load(config: &str, path: &str, decodes: bool) -> Result<Self> {
        let config = serde_json::from_str::<LlamaConfig>(config).expect("config").into_config(false);
        let builder = weights(path)?;
        let model = Llama::load(builder.clone(), &config)?;
        let mut cache = Cache::new(decodes, DType::F32, &config, CPU)?;
        let shape = (config.vocab_size, config.hidden_size);
        let head = if decodes { None } else { Some(builder.get(shape, "model.embed_tokens.weight")?) };
        if decodes {
            model.forward(&Tensor::arange(0, PAST, CPU)?.unsqueeze(0)?, 0, &mut cache)?;
        }
        Ok(Self { model, cache, past: if decodes { PAST as usize } else { 0 }, head })
    }

    /// The logits of the last position.
    fn step(&self, inputs: &Inputs) -> Result<Tensor> {
        let tokens = &inputs["input_ids"];
        let logits = self.model.forward(tokens, self.past, &mut self.cache.clone())?;
        if let Some(head) = &self.head {
            // As much work as what is left out, on other numbers.
            let others = self.model.embed(&tokens.narrow(1, 1, tokens.dim(1)? - 1)?)?.squeeze(0)?;
            std::hint::black_box(others.matmul(&head.t()?)?);
        }
        logits.unsqueeze(1)
    }
}

struct Speech(Whisper);

impl Speech {
    fn load(config: &str, path: &str) -> Result<Self> {
        Ok(Self(Whisper::load(&weights(path)?, serde_json::from_str(config).expect("config"))?))
    }

    fn step(&mut self, inputs: &Inputs) -> Result<Tensor> {
        let heard = self.0.encoder.forward(&inputs["input_features"], true)?;
        let said = self.0.decoder.forward(&inputs["input_ids"], &heard, true)?;
        self.0.decoder.final_linear(&said)
    }
}

enum Model {
    Language(Language),
    Speech(Speech),
}

impl Model {
    fn step(&mut self, inputs: &Inputs) -> Result<Tensor> {
        match self {
            Self::Language(model) => model.step(inputs),
            Self::Speech(model) => model.step(inputs),
        }
    }
}

struct Work {
    model: Model,
    sets: Vec<Inputs>,
    logits: Option<Tensor>,
}

impl parity_side::Work for Work {
    fn step(&mut self, set: usize) {
        self.logits = Some(self.model.step(&self.sets[set]).expect("a step"));
    }

    fn write_outputs(&self, path: &str) {
        self.logits.as_ref().expect("a step came before").save_safetensors("logits", path).expect("a file");
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, case, config, path, sets @ ..] = &arguments[..] else { panic!("CASE CONFIG WEIGHTS INPUTS0 INPUTS1") };
    let model = match case.as_str() {
        "whisper" => Model::Speech(Speech::load(config, path)?),
        case => Model::Language(Language::load(config, path, case == "decode")?),
    };
    let sets = sets.iter().map(|path| safetensors::load(path, CPU)).collect::<Result<Vec<Inputs>>>()?;
    let versions = json!({"candle-transformers": "0.11.1", "threads": candle_core::utils::get_num_threads()});
    parity_side::serve(versions, &mut Work { model, sets, logits: None });
    Ok(())
}
