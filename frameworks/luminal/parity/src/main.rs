//! The other side of parity.py: the matrix products of a step, and nothing else, as a plain graph of Luminal's `MatMul2D`.
//!
//!     luminal-parity PRODUCTS
//!
//! PRODUCTS is a list of [rows, inner, columns] in JSON.

use std::collections::HashMap;

use luminal::op::Function;
use luminal::prelude::petgraph::graph::NodeIndex;
use luminal::prelude::*;
use parity_side::json;

fn source(cx: &mut Graph, elements: usize) -> NodeIndex {
    let id = cx.add_op(Function("Load".to_string(), Box::new(|_| panic!("its value was not set")))).finish();
    let numbers = (0..elements).map(|i| ((i * 7919) % 1000) as f32 / 1000.0 - 0.5).collect::<Vec<f32>>();
    cx.set_tensor(id, 0, Tensor::new(numbers));
    cx.keep_tensors(id);
    id
}

/// The products' nodes. Left factors of one size are one tensor, each right factor is one of its own, as weights are.
fn products(cx: &mut Graph, sizes: &[[usize; 3]]) -> Vec<NodeIndex> {
    let shape = |dims: [usize; 2]| ShapeTracker::new(&dims.map(Into::into));
    let mut left = HashMap::new();
    let product = |&[rows, inner, columns]: &[usize; 3]| {
        let a = *left.entry((rows, inner)).or_insert_with(|| source(cx, rows * inner));
        let b = source(cx, inner * columns);
        let id = cx.add_op(MatMul2D).input(a, 0, shape([rows, inner])).input(b, 0, shape([inner, columns])).finish();
        cx.retrieve_tensors(id);
        id
    };
    sizes.iter().map(product).collect()
}

struct Work {
    cx: Graph,
    products: Vec<NodeIndex>,
}

impl parity_side::Work for Work {
    fn step(&mut self, _set: usize) {
        self.products.iter().for_each(|&id| self.cx.drop_tensors(id));
        self.cx.execute();
    }

    fn write_outputs(&self, _path: &str) {
        panic!("its products are those of no model");
    }
}

fn main() {
    let sizes = std::env::args().nth(1).expect("PRODUCTS");
    let sizes: Vec<[usize; 3]> = serde_json::from_str(&sizes).expect("a list of three numbers each");
    let mut cx = Graph::new();
    let products = products(&mut cx, &sizes);
    parity_side::serve(json!({"luminal": "0.2.0"}), &mut Work { cx, products });
}
