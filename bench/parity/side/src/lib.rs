//! What the other sides of parity in Rust share: the loop that answers interleave.py's PlainSide, one JSON object a line,
//! {"versions": true}, {"steps": [0, 1]}, {"outputs": FILE}, and tensor files. Not Assay's SDK: the other side does without it.

use std::io::{BufRead, Write};
use std::time::Instant;

pub use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
pub use serde_json::{Value, json};

/// The work that is timed.
pub trait Work {
    /// What comes before a step and is not timed.
    fn give(&mut self, _set: usize) {}

    /// One step on an input set; all it leaves is there when it returns.
    fn step(&mut self, set: usize);

    /// Writes what the last step left, in the safetensors format.
    fn write_outputs(&self, path: &str);
}

/// Name, shape and numbers of a tensor.
pub type Named = (String, Vec<usize>, Vec<f32>);

pub fn write(tensors: &[Named], path: &str) {
    let bytes = tensors.iter().map(|(_, _, numbers)| numbers.iter().flat_map(|x| x.to_le_bytes()).collect());
    let bytes: Vec<Vec<u8>> = bytes.collect();
    let views = tensors.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
        (name, TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).expect("a view"))
    });
    safetensors::serialize_to_file(views, None, path.as_ref()).expect("a file");
}

pub fn read(path: &str) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A tensor of int64, and its shape; None when the file has none of that name.
pub fn integers(file: &SafeTensors, name: &str) -> Option<(Vec<i64>, Vec<usize>)> {
    let view = file.tensor(name).ok()?;
    let numbers = view.data().chunks_exact(8).map(|eight| i64::from_le_bytes(eight.try_into().expect("eight bytes")));
    Some((numbers.collect(), view.shape().to_vec()))
}

/// Answers requests until the pipe is closed.
pub fn serve(versions: Value, work: &mut impl Work) {
    for line in std::io::stdin().lock().lines() {
        let request = serde_json::from_str(&line.expect("a line")).expect("a line of JSON");
        println!("{}", answer(&request, &versions, work));
        std::io::stdout().flush().expect("a pipe");
    }
}

fn answer(request: &Value, versions: &Value, work: &mut impl Work) -> Value {
    if let Some(sets) = request.get("steps").and_then(Value::as_array) {
        let samples: Vec<u64> = sets.iter().map(|set| timed(work, set.as_u64().expect("a set") as usize)).collect();
        return json!({"samples_ns": samples});
    }
    if let Some(path) = request.get("outputs").and_then(Value::as_str) {
        work.write_outputs(path);
        return json!({});
    }
    versions.clone()
}

fn timed(work: &mut impl Work, set: usize) -> u64 {
    work.give(set);
    let start = Instant::now();
    work.step(set);
    start.elapsed().as_nanos() as u64
}
