//! Graphs for the tests of this crate.

use crate::graph::Graph;

/// One node with inputs of these shapes: X0, X1 ….
pub fn one_node(op: &str, shapes: &[&[usize]], attributes: &str) -> Graph {
    let value = |place: usize, shape: &[usize]| {
        format!(r#"{{"name": "X{place}", "dtype": "F32", "shape": {shape:?}, "role": "input"}},"#)
    };
    let values: String = shapes.iter().enumerate().map(|(place, shape)| value(place, shape)).collect();
    let names: Vec<_> = (0..shapes.len())
        .map(|place| if shapes[place].is_empty() { String::new() } else { format!("X{place}") })
        .collect();
    let text = format!(
        r#"{{"assay_graph": 1, "name": "one", "values": [{values} {{"name": "Y", "dtype": "F32", "shape": [], "role": "computed"}}],
            "nodes": [{{"name": "node", "op": "{op}", "inputs": {names:?}, "outputs": ["Y"], "attributes": {attributes}}}],
            "outputs": ["Y"]}}"#
    );
    Graph::from_json(&text).unwrap_or_else(|failure| panic!("{}: {text}", failure.message))
}
