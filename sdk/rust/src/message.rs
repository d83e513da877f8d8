//! The messages between the core and a runner (docs/protocol.md). Reading is strict: an unknown field, a missing one, one that comes
//! twice or has the wrong type is a fault.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::failure::{Answer, Failure, NodeIssue, Reason};

/// The version in the field "assay" of every message.
pub const VERSION: u32 = 2;

/// Of a step that runs in parts (docs/protocol.md, generation): the files of its graphs, and how often the second runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerationRequest {
    pub prefill: String,
    pub decode: String,
    #[serde(deserialize_with = "present")]
    pub prefill_onnx: Option<String>,
    #[serde(deserialize_with = "present")]
    pub decode_onnx: Option<String>,
    pub decodes: NonZeroUsize,
}

/// The params of load.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadRequest {
    pub graph: String,
    pub weights: String,
    #[serde(deserialize_with = "present")]
    pub state: Option<String>,
    #[serde(deserialize_with = "present")]
    pub onnx: Option<String>,
    #[serde(deserialize_with = "present")]
    pub gguf: Option<String>,
    #[serde(default)]
    pub generation: Option<GenerationRequest>,
    pub gradients: bool,
    pub variant: String,
    pub device: String,
    pub precision: String,
    pub threads: NonZeroUsize,
    pub cache: String,
}

impl LoadRequest {
    /// Refuses another device or compute type than these, which are all that the framework has here.
    pub fn require(&self, devices: &[&str], precisions: &[&str]) -> Answer<()> {
        let known = |wanted: &str, all: &[&str]| all.contains(&wanted);
        if !known(&self.device, devices) {
            return Err(Failure::unsupported(
                Reason::Device,
                format!("no {}, only {}", self.device, devices.join(", ")),
            ));
        }
        if !known(&self.precision, precisions) {
            let text = format!("{} only, not {}", precisions.join(", "), self.precision);
            return Err(Failure::unsupported(Reason::Precision, text));
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputsRequest {
    pub path: String,
    pub sets: NonZeroUsize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepsRequest {
    pub count: NonZeroUsize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputsRequest {
    pub path: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoParams {}

#[derive(Debug)]
pub enum Call {
    Describe,
    Load(Box<LoadRequest>),
    Inputs(InputsRequest),
    Steps(StepsRequest),
    Outputs(OutputsRequest),
    Close,
}

#[derive(Debug)]
pub struct Request {
    pub id: i64,
    pub call: Call,
}

#[derive(Clone, Debug, Serialize)]
pub struct Device {
    /// "cpu", a name from docs/protocol.md.
    pub name: String,
    pub description: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Description {
    pub framework: String,
    pub version: String,
    pub devices: Vec<Device>,
    /// Empty: not listed, ask load.
    pub operators: Vec<String>,
    pub precisions: Vec<String>,
    pub training: bool,
    /// Anything worth recording.
    pub details: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Loaded {
    /// The compute type really used.
    pub precision: String,
    pub threads: usize,
    pub notes: String,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Success {
    Description(Description),
    Loaded(Loaded),
    Samples {
        samples_ns: Vec<u64>,
        /// Of steps that run in parts: those of each, one step after the other.
        #[serde(skip_serializing_if = "Option::is_none")]
        parts_ns: Option<Vec<u64>>,
    },
    Written {
        set: usize,
    },
    Nothing {},
}

/// A field that must be there, though it may be null.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

/// A JSON object as a struct; serde would take a list of its fields, too.
fn object<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, String> {
    if !text.starts_with('{') {
        return Err(format!("{what}: not an object"));
    }
    serde_json::from_str(text).map_err(|error| format!("{what}: {error}"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    assay: u32,
    id: i64,
    method: String,
    params: Option<Box<RawValue>>,
}

fn text_of(line: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(line).map_err(|error| error.to_string())?;
    if text.contains(['\r', '\0']) { Err("a carriage return or a NUL byte".to_string()) } else { Ok(text) }
}

fn call_of(method: &str, params: &str) -> Result<Call, String> {
    let what = format!("params of {method}");
    Ok(match method {
        "describe" => object::<NoParams>(params, &what).map(|_| Call::Describe)?,
        "load" => Call::Load(Box::new(object(params, &what)?)),
        "inputs" => Call::Inputs(object(params, &what)?),
        "steps" => Call::Steps(object(params, &what)?),
        "outputs" => Call::Outputs(object(params, &what)?),
        "close" => object::<NoParams>(params, &what).map(|_| Call::Close)?,
        _ => return Err(format!("unknown method '{method}'")),
    })
}

pub fn decode_request(line: &[u8]) -> Result<Request, String> {
    let envelope: Envelope = object(text_of(line)?, "request")?;
    if envelope.assay != VERSION {
        return Err(format!("protocol version {}, expected {VERSION}", envelope.assay));
    }
    let params = envelope.params.as_ref().map_or("{}", |raw| raw.get());
    Ok(Request { id: envelope.id, call: call_of(&envelope.method, params)? })
}

/// The id of a request that could not be decoded, as far as it has one.
pub fn request_id(line: &[u8]) -> Option<i64> {
    serde_json::from_slice::<serde_json::Value>(line).ok()?.get("id")?.as_i64()
}

#[derive(Serialize)]
struct WireError<'a> {
    outcome: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    message: &'a str,
    nodes: &'a [NodeIssue],
}

#[derive(Serialize)]
struct Reply<'a> {
    assay: u32,
    id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a Success>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<WireError<'a>>,
}

pub fn encode_reply(id: i64, answer: &Answer<Success>) -> String {
    let error = answer.as_ref().err().map(|failure| WireError {
        outcome: if failure.reason.is_some() { "unsupported" } else { "failed" },
        reason: failure.reason,
        message: &failure.message,
        nodes: &failure.nodes,
    });
    let reply = Reply { assay: VERSION, id, result: answer.as_ref().ok(), error };
    serde_json::to_string(&reply).expect("a reply has texts as keys and no number that JSON lacks")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(line: &str) -> String {
        decode_request(line.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_request_is_read() {
        let request = decode_request(br#"{"assay": 2, "id": 7, "method": "steps", "params": {"count": 3}}"#).unwrap();
        assert_eq!(request.id, 7);
        assert!(matches!(request.call, Call::Steps(StepsRequest { count }) if count.get() == 3));
        assert!(decode_request(br#"{"assay": 2, "id": 8, "method": "close"}"#).is_ok());
    }

    #[test]
    fn what_is_not_as_the_protocol_says_is_refused() {
        let steps = |params: &str| format!(r#"{{"assay": 2, "id": 1, "method": "steps", "params": {params}}}"#);
        assert!(fault("[2, 1, \"close\", {}]").contains("not an object"));
        assert!(fault(&steps("[3]")).contains("not an object"));
        assert!(fault(&steps(r#"{"count": 3, "more": 1}"#)).contains("unknown field `more`"));
        assert!(fault(&steps(r#"{"count": 3, "count": 3}"#)).contains("duplicate field `count`"));
        assert!(fault(&steps("{}")).contains("missing field `count`"));
        assert!(fault(&steps(r#"{"count": 0}"#)).contains("nonzero"));
        assert!(fault(&steps(r#"{"count": 1.0}"#)).contains("floating point"));
        assert!(fault(r#"{"assay": 2, "id": 1, "id": 1, "method": "close"}"#).contains("duplicate field `id`"));
        assert!(fault(r#"{"assay": 1, "id": 1, "method": "close"}"#).contains("protocol version 1"));
        assert!(fault(r#"{"assay": 2, "id": 1, "method": "dance"}"#).contains("unknown method"));
        assert!(fault("{\"assay\": 2, \"id\": 1, \"method\": \"close\"}\r").contains("carriage return"));
        assert!(fault("\u{feff}{}").contains("not an object"));
        assert!(decode_request(b"\xff\xfe").is_err());
    }

    #[test]
    fn a_load_must_say_which_files_it_has_not() {
        let fields = r#""graph": "g", "weights": "w", "onnx": null, "gguf": null, "gradients": false, "variant": "v",
            "device": "cpu", "precision": "f32", "threads": 2, "cache": "c""#;
        assert!(object::<LoadRequest>(&format!("{{{fields}}}"), "load").unwrap_err().contains("missing field `state`"));
        let load: LoadRequest = object(&format!("{{{fields}, \"state\": null}}"), "load").unwrap();
        assert_eq!(load.require(&["cpu"], &["f32"]), Ok(()));
        assert_eq!(load.require(&["vulkan"], &["f32"]).unwrap_err().reason, Some(Reason::Device));
        assert_eq!(load.require(&["cpu"], &["f64"]).unwrap_err().reason, Some(Reason::Precision));
    }

    #[test]
    fn replies_are_as_the_protocol_says() {
        assert_eq!(encode_reply(9, &Ok(Success::Nothing {})), r#"{"assay":2,"id":9,"result":{}}"#);
        assert_eq!(
            encode_reply(1, &Ok(Success::Samples { samples_ns: vec![5], parts_ns: None })),
            r#"{"assay":2,"id":1,"result":{"samples_ns":[5]}}"#
        );
        assert_eq!(
            encode_reply(1, &Ok(Success::Samples { samples_ns: vec![5], parts_ns: Some(vec![2, 3]) })),
            r#"{"assay":2,"id":1,"result":{"samples_ns":[5],"parts_ns":[2,3]}}"#
        );
        assert_eq!(
            encode_reply(1, &Err(Failure::failed("lost"))),
            r#"{"assay":2,"id":1,"error":{"outcome":"failed","message":"lost","nodes":[]}}"#
        );
        let issue = NodeIssue { node: "n".into(), op: "Erf".into(), message: "none".into() };
        let reply = encode_reply(1, &Err(Failure::unsupported_nodes(vec![issue])));
        assert!(reply.contains(
            r#""outcome":"unsupported","reason":"operator","message":"1 node is unsupported, the first: n (Erf): none""#
        ));
    }

    #[test]
    fn the_id_of_what_makes_no_sense_is_found_where_it_is_there() {
        assert_eq!(request_id(br#"{"assay": 1, "id": 5}"#), Some(5));
        assert_eq!(request_id(b"garbage"), None);
    }
}
