//! The model as data (docs/graph-format.md): values, and nodes that compute values from values, in an order in which they can be
//! evaluated. Operators carry the names, inputs, attributes and semantics of ONNX (docs/operators.md). The core has checked all of it.

use std::collections::{BTreeMap, HashMap};
use std::fs;

use safetensors::Dtype;
use serde::Deserialize;

use crate::failure::{Answer, Failure, NodeIssue};
use crate::tensor::Tensor;

/// Index into Graph::values.
pub type ValueId = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// An argument of every step.
    Input,
    /// Resident on the device before the first step: past keys and values.
    State,
    /// A weight, under its public name.
    Parameter,
    /// Small data that belongs to the graph: shapes, indices, rotary tables.
    Constant,
    /// The output of a node.
    Computed,
}

pub struct Value {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub role: Role,
    /// Of a parameter: has a gradient in the training workload.
    pub trainable: bool,
    /// Of a constant.
    pub data: Option<Tensor>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Attribute {
    Int(i64),
    Real(f64),
    Ints(Vec<i64>),
    Text(String),
}

pub struct Node {
    pub name: String,
    pub op: String,
    /// None: an optional input that is not given.
    pub inputs: Vec<Option<ValueId>>,
    /// None: an optional output that is not wanted.
    pub outputs: Vec<Option<ValueId>>,
    /// Those that are set; the others have ONNX's defaults, which the getters are given.
    pub attributes: BTreeMap<String, Attribute>,
}

impl Node {
    /// None when there are fewer inputs or it was left out.
    pub fn input(&self, place: usize) -> Option<ValueId> {
        self.inputs.get(place).copied().flatten()
    }

    pub fn output(&self, place: usize) -> Option<ValueId> {
        self.outputs.get(place).copied().flatten()
    }

    pub fn int(&self, attribute: &str, otherwise: i64) -> i64 {
        match self.attributes.get(attribute) {
            Some(Attribute::Int(value)) => *value,
            _ => otherwise,
        }
    }

    /// An attribute that is 0 or 1.
    pub fn flag(&self, attribute: &str, otherwise: bool) -> bool {
        self.int(attribute, otherwise.into()) != 0
    }

    pub fn real(&self, attribute: &str, otherwise: f64) -> f64 {
        match self.attributes.get(attribute) {
            Some(Attribute::Real(value)) => *value,
            Some(Attribute::Int(value)) => *value as f64,
            Some(Attribute::Text(text)) => text.parse().expect("a real attribute is a number, inf, -inf or nan"),
            _ => otherwise,
        }
    }

    pub fn text<'a>(&'a self, attribute: &str, otherwise: &'a str) -> &'a str {
        match self.attributes.get(attribute) {
            Some(Attribute::Text(value)) => value,
            _ => otherwise,
        }
    }

    pub fn ints(&self, attribute: &str) -> Option<&[i64]> {
        match self.attributes.get(attribute) {
            Some(Attribute::Ints(values)) => Some(values),
            _ => None,
        }
    }

    /// An attribute that names a dimension of `rank`, which may count from the end.
    pub fn axis(&self, otherwise: i64, rank: usize) -> usize {
        from_the_start(self.int("axis", otherwise), rank)
    }
}

/// A dimension that may count from the end, as one that counts from the start.
pub(crate) fn from_the_start(axis: i64, rank: usize) -> usize {
    if axis < 0 { (axis + rank as i64) as usize } else { axis as usize }
}

pub struct Graph {
    pub name: String,
    pub values: Vec<Value>,
    pub nodes: Vec<Node>,
    pub outputs: Vec<ValueId>,
    by_name: HashMap<String, ValueId>,
    producers: Vec<Option<usize>>,
    consumers: Vec<Vec<usize>>,
}

impl Graph {
    pub fn read_file(path: &str) -> Answer<Self> {
        let text = fs::read_to_string(path).map_err(|error| Failure::failed(format!("{path}: {error}")))?;
        Self::from_json(&text).map_err(|failure| Failure::failed(format!("{path}: {}", failure.message)))
    }

    pub fn from_json(text: &str) -> Answer<Self> {
        let file: GraphText = serde_json::from_str(text)?;
        if file.assay_graph != 1 {
            return Err(Failure::failed(format!("graph version {}, expected 1", file.assay_graph)));
        }
        let values = file.values.into_iter().map(ValueText::read).collect::<Answer<Vec<_>>>()?;
        let by_name: HashMap<_, _> = values.iter().enumerate().map(|(id, value)| (value.name.clone(), id)).collect();
        let nodes = file.nodes.into_iter().map(|node| node.read(&by_name)).collect::<Answer<Vec<_>>>()?;
        let outputs = file.outputs.iter().map(|name| id_of(&by_name, name)).collect::<Answer<_>>()?;
        let (mut producers, mut consumers) = (vec![None; values.len()], vec![Vec::new(); values.len()]);
        for (place, node) in nodes.iter().enumerate() {
            node.outputs.iter().flatten().for_each(|&id| producers[id] = Some(place));
            node.inputs.iter().flatten().for_each(|&id| consumers[id].push(place));
        }
        Ok(Self { name: file.name, values, nodes, outputs, by_name, producers, consumers })
    }

    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id]
    }

    pub fn find(&self, name: &str) -> Option<ValueId> {
        self.by_name.get(name).copied()
    }

    /// All values of one role, in the order in which they stand.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = (ValueId, &Value)> {
        self.values.iter().enumerate().filter(move |(_, value)| value.role == role)
    }

    /// The node that computes the value, as an index into `nodes`.
    pub fn producer(&self, id: ValueId) -> Option<usize> {
        self.producers[id]
    }

    /// The nodes that read the value, as indices into `nodes`; one that reads it twice comes twice.
    pub fn consumers(&self, id: ValueId) -> &[usize] {
        &self.consumers[id]
    }

    /// The shape of an input that is given.
    pub fn shape(&self, node: &Node, place: usize) -> &[usize] {
        &self.value(node.input(place).expect("an input that must be given")).shape
    }

    /// The integers of a constant input, such as axes or a shape; None when it is not given or no constant.
    pub fn constant_ints(&self, node: &Node, place: usize) -> Option<Vec<i64>> {
        let value = self.value(node.input(place)?);
        let data = value.data.as_ref()?;
        Some(match value.dtype {
            Dtype::I64 => data.data::<i64>().to_vec(),
            Dtype::I32 => data.data::<i32>().iter().map(|&int| int.into()).collect(),
            _ => return None,
        })
    }

    /// The float32 numbers of a constant input; None when it is not given or no such constant.
    pub fn constant_reals(&self, node: &Node, place: usize) -> Option<&[f32]> {
        let value = self.value(node.input(place)?);
        value.data.as_ref().filter(|_| value.dtype == Dtype::F32).map(|data| data.data())
    }

    /// Axes that input `place` or else the attribute "axes" names, counted from the start; None when neither does.
    pub fn axes(&self, node: &Node, place: usize, rank: usize) -> Option<Vec<usize>> {
        let axes = self.constant_ints(node, place).or_else(|| node.ints("axes").map(<[i64]>::to_vec))?;
        Some(axes.into_iter().map(|axis| from_the_start(axis, rank)).collect())
    }

    /// Fails listing all nodes for which `refusal` has a text: why the framework cannot do it.
    pub fn screen(&self, mut refusal: impl FnMut(&Node) -> Option<String>) -> Answer<()> {
        let issue = |node: &Node| {
            refusal(node).map(|message| NodeIssue { node: node.name.clone(), op: node.op.clone(), message })
        };
        let issues: Vec<_> = self.nodes.iter().filter_map(issue).collect();
        if issues.is_empty() { Ok(()) } else { Err(Failure::unsupported_nodes(issues)) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GraphText {
    assay_graph: u32,
    name: String,
    values: Vec<ValueText>,
    nodes: Vec<NodeText>,
    outputs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueText {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    role: Role,
    #[serde(default)]
    trainable: bool,
    data: Option<Vec<Scalar>>,
    // How it is drawn: a runner does not need it.
    #[serde(rename = "init")]
    _init: Option<serde::de::IgnoredAny>,
}

/// An element of a constant. JSON has no infinities: they are texts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Bool(bool),
    Int(i64),
    Real(f64),
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeText {
    name: String,
    op: String,
    inputs: Vec<String>,
    outputs: Vec<String>,
    #[serde(default)]
    attributes: BTreeMap<String, Attribute>,
}

fn id_of(by_name: &HashMap<String, ValueId>, name: &str) -> Answer<ValueId> {
    by_name.get(name).copied().ok_or_else(|| Failure::failed(format!("there is no value '{name}'")))
}

impl NodeText {
    fn read(self, by_name: &HashMap<String, ValueId>) -> Answer<Node> {
        let ids = |names: &[String]| -> Answer<Vec<_>> {
            names.iter().map(|name| if name.is_empty() { Ok(None) } else { id_of(by_name, name).map(Some) }).collect()
        };
        let (inputs, outputs) = (ids(&self.inputs)?, ids(&self.outputs)?);
        Ok(Node { name: self.name, op: self.op, inputs, outputs, attributes: self.attributes })
    }
}

impl ValueText {
    fn read(self) -> Answer<Value> {
        let data = self.data.map(|scalars| constant(&self.name, self.dtype, &self.shape, &scalars)).transpose()?;
        Ok(Value {
            name: self.name,
            dtype: self.dtype,
            shape: self.shape,
            role: self.role,
            trainable: self.trainable,
            data,
        })
    }
}

impl Scalar {
    fn real(&self) -> f64 {
        match self {
            Scalar::Bool(value) => f64::from(u8::from(*value)),
            Scalar::Int(value) => *value as f64,
            Scalar::Real(value) => *value,
            Scalar::Text(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    fn int(&self) -> i64 {
        match self {
            Scalar::Int(value) => *value,
            other => other.real() as i64,
        }
    }
}

fn constant(name: &str, dtype: Dtype, shape: &[usize], scalars: &[Scalar]) -> Answer<Tensor> {
    if scalars.len() != shape.iter().product::<usize>() {
        return Err(Failure::failed(format!("the data of '{name}' does not fill its shape")));
    }
    let bytes: Vec<u8> = match dtype {
        Dtype::F32 => scalars.iter().flat_map(|scalar| (scalar.real() as f32).to_le_bytes()).collect(),
        Dtype::F64 => scalars.iter().flat_map(|scalar| scalar.real().to_le_bytes()).collect(),
        Dtype::I64 => scalars.iter().flat_map(|scalar| scalar.int().to_le_bytes()).collect(),
        Dtype::I32 => scalars.iter().flat_map(|scalar| (scalar.int() as i32).to_le_bytes()).collect(),
        Dtype::BOOL => scalars.iter().map(|scalar| u8::from(scalar.int() != 0)).collect(),
        _ => {
            return Err(Failure::failed(format!(
                "'{name}' is a constant of {dtype:?}, which runners in Rust do not read"
            )));
        }
    };
    Ok(Tensor::copied(dtype, shape, &bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    const GRAPH: &str = r#"{"assay_graph": 1, "name": "g", "values": [
        {"name": "x", "dtype": "F32", "shape": [2, 4], "role": "input"},
        {"name": "w", "dtype": "F32", "shape": [4], "role": "parameter", "trainable": true, "init": {"mean": 1.0, "std": 0.1}},
        {"name": "parts", "dtype": "I64", "shape": [2], "role": "constant", "data": [1, 3]},
        {"name": "edge", "dtype": "F32", "shape": [3], "role": "constant", "data": ["-inf", 1, 0.1]},
        {"name": "mask", "dtype": "BOOL", "shape": [2], "role": "constant", "data": [true, false]},
        {"name": "n", "dtype": "F32", "shape": [2, 4], "role": "computed"},
        {"name": "right", "dtype": "F32", "shape": [2, 3], "role": "computed"}],
       "nodes": [
        {"name": "norm", "op": "RMSNormalization", "inputs": ["x", "w"], "outputs": ["n"], "attributes": {"axis": -1, "epsilon": 1e-05}},
        {"name": "split", "op": "Split", "inputs": ["n", "parts"], "outputs": ["", "right"],
         "attributes": {"axis": 1, "pads": [1, 2], "mode": "edge", "alpha": "-inf"}}],
       "outputs": ["right"]}"#;

    #[test]
    fn a_graph_is_read() {
        let graph = Graph::from_json(GRAPH).unwrap();
        let (norm, split) = (&graph.nodes[0], &graph.nodes[1]);
        assert_eq!(graph.with_role(Role::Parameter).map(|(_, value)| value.name.as_str()).collect::<Vec<_>>(), ["w"]);
        assert!(graph.values[1].trainable);
        assert_eq!((norm.axis(0, 2), norm.real("epsilon", 1.0), norm.int("stash_type", 1)), (1, 1e-5, 1));
        assert_eq!((split.output(0), split.output(1), split.output(2)), (None, graph.find("right"), None));
        assert_eq!(split.ints("pads"), Some(&[1, 2][..]));
        assert_eq!((split.text("mode", "constant"), split.real("alpha", 0.0)), ("edge", f64::NEG_INFINITY));
        assert_eq!(graph.constant_ints(split, 1), Some(vec![1, 3]));
        assert_eq!(graph.constant_ints(split, 0), None);
        assert_eq!(graph.values[3].data.as_ref().unwrap().data::<f32>(), [f32::NEG_INFINITY, 1.0, 0.1]);
        assert_eq!(graph.values[4].data.as_ref().unwrap().bytes(), [1, 0]);
        let n = graph.find("n").unwrap();
        assert_eq!((graph.producer(n), graph.consumers(n)), (Some(0), &[1][..]));
        assert_eq!(graph.outputs, [graph.find("right").unwrap()]);
    }

    #[test]
    fn what_is_no_graph_is_refused() {
        let fault = |old: &str, new: &str| Graph::from_json(&GRAPH.replace(old, new)).err().unwrap().message;
        assert!(fault("\"assay_graph\": 1", "\"assay_graph\": 2").contains("graph version 2"));
        assert!(fault("\"name\": \"g\"", "\"name\": \"g\", \"more\": 1").contains("unknown field"));
        assert!(fault("[\"n\", \"parts\"]", "[\"m\"]").contains("no value 'm'"));
        assert!(fault("\"data\": [1, 3]", "\"data\": [1]").contains("'parts' does not fill"));
    }

    #[test]
    fn all_nodes_that_cannot_be_done_are_listed() {
        let graph = Graph::from_json(GRAPH).unwrap();
        assert!(graph.screen(|_| None).is_ok());
        let failure = graph.screen(|node| Some(format!("no {}", node.op))).unwrap_err();
        assert_eq!(failure.nodes.len(), 2);
        assert_eq!(failure.message, "2 nodes are unsupported, the first: norm (RMSNormalization): no RMSNormalization");
        assert_eq!(testing::one_node("Relu", &[&[1]], "{}").nodes[0].op, "Relu");
    }
}
