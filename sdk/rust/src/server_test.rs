//! A server in this process, spoken to in lines. Its runner computes y = x + w, and misbehaves as its variant says.

use std::fs;
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Write};
use std::path::PathBuf;
use std::thread::JoinHandle;

use safetensors::Dtype;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::Server;
use crate::channel::Channel;
use crate::*;

const GRAPH: &str = r#"{"assay_graph": 1, "name": "sum", "values": [
    {"name": "x", "dtype": "F32", "shape": [2], "role": "input"},
    {"name": "w", "dtype": "F32", "shape": [2], "role": "parameter", "trainable": true},
    {"name": "y", "dtype": "F32", "shape": [2], "role": "computed"}],
   "nodes": [{"name": "y", "op": "Add", "inputs": ["x", "w"], "outputs": ["y"], "attributes": {}}], "outputs": ["y"]}"#;

#[derive(Default)]
struct Sum {
    variant: String,
    weight: Vec<f32>,
    output: Vec<f32>,
}

impl Runner for Sum {
    fn describe(&mut self) -> Answer<Description> {
        Ok(Description { framework: "Sum".into(), ..Default::default() })
    }

    fn load(&mut self, load: Load) -> Answer<Loaded> {
        self.variant = load.request.variant.clone();
        self.weight = load.weights["w"].data().to_vec();
        Ok(Loaded { precision: "f32".into(), threads: 1, notes: String::new() })
    }

    fn step(&mut self, inputs: &Tensors) -> Answer<()> {
        match self.variant.as_str() {
            "fails" => return Err(Failure::failed("the device is lost")),
            "panics" => panic!("the framework {}", "panicked"),
            "address" => return Err(Failure::failed(inputs["x"].bytes().as_ptr() as usize % 64)),
            _ => (),
        }
        self.output = inputs["x"].data::<f32>().iter().zip(&self.weight).map(|(x, w)| x + w).collect();
        Ok(())
    }

    fn outputs(&mut self, to: &mut OutputFile) -> Answer<()> {
        if self.variant == "forgets" { Ok(()) } else { to.write_f32("y", &[2], &self.output) }
    }
}

struct Conversation {
    to: Option<PipeWriter>,
    from: BufReader<PipeReader>,
    server: Option<JoinHandle<()>>,
    folder: TempDir,
}

impl Conversation {
    fn new() -> Self {
        let (read, to) = std::io::pipe().unwrap();
        let (from, write) = std::io::pipe().unwrap();
        let channel = Channel::new(read.into(), write.into());
        let server = Some(std::thread::spawn(|| Server::new(channel, || Ok(Sum::default())).serve()));
        let talk = Self { to: Some(to), from: BufReader::new(from), server, folder: tempfile::tempdir().unwrap() };
        fs::write(talk.path("graph.json"), GRAPH).unwrap();
        talk.put("weights", "w", &[2], &[10.0, 20.0]);
        talk.put("inputs", "x", &[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        talk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, file: &str, name: &str, shape: &[usize], data: &[f32]) {
        let view =
            safetensors::tensor::TensorView::new(Dtype::F32, shape.to_vec(), bytemuck::cast_slice(data)).unwrap();
        fs::write(self.path(file), safetensors::serialize([(name, view)], None).unwrap()).unwrap();
    }

    fn say(&mut self, line: &[u8]) -> Value {
        self.to.as_mut().unwrap().write_all(&[line, b"\n"].concat()).unwrap();
        let mut reply = String::new();
        self.from.read_line(&mut reply).unwrap();
        serde_json::from_str(&reply).unwrap()
    }

    /// The result, or the message of the error.
    fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        let reply = self.say(json!({"assay": 2, "id": 1, "method": method, "params": params}).to_string().as_bytes());
        reply.get("result").cloned().ok_or_else(|| reply["error"]["message"].as_str().unwrap().to_string())
    }

    fn load(&mut self, variant: &str) -> Result<Value, String> {
        let params = json!({"graph": self.path("graph.json"), "weights": self.path("weights"), "state": null, "onnx": null, "gguf": null,
            "gradients": false, "variant": variant, "device": "cpu", "precision": "f32", "threads": 1, "cache": self.folder.path()});
        self.ask("load", params)
    }

    fn inputs(&mut self, sets: usize) -> Result<Value, String> {
        self.ask("inputs", json!({"path": self.path("inputs"), "sets": sets}))
    }

    fn steps(&mut self, count: usize) -> Result<Value, String> {
        self.ask("steps", json!({"count": count}))
    }

    /// The set whose outputs are written, and the outputs.
    fn outputs(&mut self) -> Result<(Value, Vec<f32>), String> {
        let path = self.path("out");
        let result = self.ask("outputs", json!({"path": path}))?;
        let file = fs::read(path).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&file).unwrap();
        let y = tensors.tensor("y").unwrap();
        Ok((result["set"].clone(), y.data().chunks(4).map(|x| f32::from_le_bytes(x.try_into().unwrap())).collect()))
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.to.take();
        self.server.take().unwrap().join().unwrap();
    }
}

#[test]
fn a_whole_session() {
    let mut talk = Conversation::new();
    assert_eq!(talk.ask("describe", json!({})).unwrap()["framework"], "Sum");
    assert_eq!(talk.load("honest").unwrap()["precision"], "f32");
    assert_eq!(talk.inputs(3), Ok(json!({})));
    fs::remove_file(talk.path("inputs")).unwrap();
    assert_eq!(talk.steps(1).unwrap()["samples_ns"].as_array().unwrap().len(), 1);
    assert_eq!(talk.outputs().unwrap(), (json!(0), vec![11.0, 22.0]));
    assert_eq!(talk.steps(2).unwrap()["samples_ns"].as_array().unwrap().len(), 2);
    for _ in 0..2 {
        assert_eq!(talk.outputs().unwrap(), (json!(2), vec![15.0, 26.0]), "asked again");
    }
    assert_eq!(talk.ask("close", json!({})), Ok(json!({})));
}

#[test]
fn garbage_is_answered_and_survived() {
    let mut talk = Conversation::new();
    for garbage in [&b""[..], b"garbage", b"[1]", b"{\"assay\": 2, \"id\"", b"\xff\xfe"] {
        let reply = talk.say(garbage);
        assert_eq!((&reply["error"]["outcome"], &reply["id"]), (&json!("failed"), &json!(0)));
    }
    assert_eq!(talk.say(br#"{"assay": 1, "id": 5, "method": "describe"}"#)["id"], 5);
    assert!(talk.ask("describe", json!({})).is_ok());
}

#[test]
fn what_comes_out_of_turn_is_refused() {
    let mut talk = Conversation::new();
    assert_eq!(talk.inputs(3).unwrap_err(), "inputs before a load that succeeded");
    assert_eq!(talk.steps(1).unwrap_err(), "steps before a load that succeeded");
    talk.load("honest").unwrap();
    assert_eq!(talk.outputs().unwrap_err(), "outputs before a step that succeeded");
    talk.inputs(3).unwrap();
    assert_eq!(talk.steps(4).unwrap_err(), "4 steps are asked for, and inputs of 3 are left");
    talk.steps(2).unwrap();
    talk.load("honest").unwrap();
    assert_eq!(talk.outputs().unwrap_err(), "outputs before a step that succeeded");
    assert_eq!(talk.steps(1).unwrap_err(), "1 steps are asked for, and inputs of 0 are left");
}

#[test]
fn a_step_that_fails_or_panics_is_failed_with_its_message() {
    let mut talk = Conversation::new();
    for (variant, message) in [("fails", "the device is lost"), ("panics", "the framework panicked"), ("address", "0")]
    {
        talk.load(variant).unwrap();
        talk.inputs(3).unwrap();
        assert_eq!(talk.steps(1).unwrap_err(), message);
        assert_eq!(talk.outputs().unwrap_err(), "outputs before a step that succeeded");
    }
    talk.load("honest").unwrap();
    talk.inputs(3).unwrap();
    assert!(talk.steps(3).is_ok());
}

#[test]
fn files_that_do_not_fit_the_graph_are_named() {
    let mut talk = Conversation::new();
    talk.put("weights", "w", &[1], &[1.0]);
    assert!(talk.load("honest").unwrap_err().ends_with("tensor 'w' is F32 [1], the graph says F32 [2]"));
    talk.put("weights", "v", &[1], &[1.0]);
    assert!(talk.load("honest").unwrap_err().ends_with("tensor 'w' is missing"));
    fs::write(talk.path("weights"), "short").unwrap();
    assert!(talk.load("honest").is_err());
    talk.put("weights", "w", &[2], &[1.0, 2.0]);
    talk.load("forgets").unwrap();
    assert!(talk.inputs(2).unwrap_err().ends_with("tensor 'x' is F32 [3, 2], the graph says F32 [2, 2]"));
    talk.inputs(3).unwrap();
    talk.steps(1).unwrap();
    assert_eq!(talk.outputs().unwrap_err(), "the runner's outputs: tensor 'y' is missing");
}
