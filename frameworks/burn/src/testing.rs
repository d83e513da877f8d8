//! One node on Flex, for the tests of what no graph of the conformance suite shows.

use assay_runner::{Dtype, Graph, Tensor, Tensors};
use burn_flex::{Flex, FlexDevice};

use crate::network::Network;

/// An input of float32, or a constant when it is small data of the node.
pub enum Given<'a> {
    Input(&'a [f32]),
    Constant(Dtype, &'a str),
}

/// The outputs of a node whose inputs are vectors of those numbers; `outputs` are their types and sizes.
pub fn outputs(op: &str, inputs: &[Given], outputs: &[(Dtype, usize)], attributes: &str) -> Vec<Vec<f64>> {
    let mut values = Vec::new();
    let mut tensors = Tensors::new();
    for (place, input) in inputs.iter().enumerate() {
        values.push(match input {
            Given::Input(numbers) => {
                let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                tensors.insert(format!("x{place}"), Tensor::copied(Dtype::F32, &[numbers.len()], &bytes));
                value(&format!("x{place}"), Dtype::F32, &format!("[{}]", numbers.len()), r#""input""#)
            }
            Given::Constant(dtype, number) => {
                let role = format!(r#""constant", "data": [{number}]"#);
                value(&format!("x{place}"), *dtype, if *dtype == Dtype::I64 { "[1]" } else { "[]" }, &role)
            }
        });
    }
    let names = |letter: char, count: usize| (0..count).map(|i| format!("{letter}{i}")).collect::<Vec<_>>();
    let (given, wanted) = (names('x', inputs.len()), names('y', outputs.len()));
    for (name, (dtype, size)) in wanted.iter().zip(outputs) {
        values.push(value(name, *dtype, &format!("[{size}]"), r#""computed""#));
    }
    let text = format!(
        r#"{{"assay_graph": 1, "name": "one", "values": [{}], "outputs": {wanted:?}, "nodes": [
            {{"name": "node", "op": "{op}", "inputs": {given:?}, "outputs": {wanted:?}, "attributes": {attributes}}}]}}"#,
        values.join(",")
    );
    let graph = Graph::from_json(&text).unwrap_or_else(|failure| panic!("{}: {text}", failure.message));
    let mut network = Network::<Flex>::of(graph, &Tensors::new(), &Tensors::new(), FlexDevice, None).unwrap();
    network.run(&tensors).unwrap();
    let ids = network.graph().outputs.clone();
    ids.iter().map(|&id| network.value(id).clone().into_data().unwrap().iter::<f64>().collect()).collect()
}

fn value(name: &str, dtype: Dtype, shape: &str, role: &str) -> String {
    format!(r#"{{"name": "{name}", "dtype": "{dtype:?}", "shape": {shape}, "role": {role}}}"#)
}
