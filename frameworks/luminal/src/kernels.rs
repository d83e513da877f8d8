//! Luminal's operators that have no public name: its CPU compiler makes them of patterns. Each is compiled from the smallest graph with its
//! pattern and taken from there, instead of searching a whole model for patterns that are known to be there.

use luminal::op::{Add, Function, Mul, Operator, SumReduce};
use luminal::prelude::*;

use crate::emitter::{Id, tracker};

/// (indices [n], data [rows, width]) -> [n, width], rows of data. The indices are whole numbers in float32.
pub fn gather(width: usize) -> Box<dyn Operator> {
    let mut cx = Graph::new();
    let (indices, data) = (placeholder(&mut cx), placeholder(&mut cx));
    // What GraphTensor::gather emits: rows times the comparison of indices with 0, 1, 2 …, summed. The sizes do not count.
    let (n, rows) = (2, 3);
    let one = cx.constant(1.0);
    let ones: GraphTensor<(Dyn<'r'>,)> =
        GraphTensor::from_id(one.id, ShapeTracker::fake(&[rows.into()]), one.graph_ref);
    let range = ones.cumsum_last_dim() - 1.0;
    let (mut along, mut across) = (range.shape, tracker(&[n]));
    along.expand(0, n.into());
    across.expand(1, rows.into());
    let range: GraphTensor<(Dyn<'n'>, Dyn<'r'>)> = GraphTensor::from_id(range.id, along, one.graph_ref);
    let is_row = range.equals(GraphTensor::from_id(indices, across, one.graph_ref));
    let (mut chosen, mut all) = (tracker(&[n, rows]), tracker(&[rows, width]));
    chosen.expand(2, width.into());
    all.expand(0, n.into());
    let product = cx.add_op(Mul).input(is_row.id, 0, chosen).input(data, 0, all).finish();
    cx.add_op(SumReduce(1)).input(product, 0, tracker(&[n, rows, width])).finish();
    compiled(cx, "Gather")
}

/// (a [n], b [n]) -> a - b
pub fn sub() -> Box<dyn Operator> {
    let mut cx = Graph::new();
    let (a, b) = (placeholder(&mut cx), placeholder(&mut cx));
    let minus = cx.constant(-1.0);
    let negated =
        cx.add_op(Mul).input(b, 0, tracker(&[2])).input(minus.id, 0, ShapeTracker::fake(&[2.into()])).finish();
    cx.add_op(Add).input(a, 0, tracker(&[2])).input(negated, 0, tracker(&[2])).finish();
    compiled(cx, "Sub")
}

pub fn placeholder(cx: &mut Graph) -> Id {
    cx.add_op(Function("Load".to_string(), Box::new(|_| panic!("its value was not set")))).finish()
}

fn compiled(mut cx: Graph, name: &str) -> Box<dyn Operator> {
    cx.compile(CPUCompiler::default(), ());
    let found = cx.graph.node_indices().find(|&id| format!("{:?}", cx.graph[id]) == name);
    found.and_then(|id| cx.graph.remove_node(id)).unwrap_or_else(|| panic!("Luminal's CPU compiler makes no {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(op: Box<dyn Operator>, operands: [&[f32]; 2]) -> Vec<f32> {
        let mut cx = Graph::new();
        let id = cx.graph.add_node(op);
        for (place, data) in operands.iter().enumerate() {
            let source = placeholder(&mut cx);
            cx.set_tensor(source, 0, Tensor::new(data.to_vec()));
            let shape = tracker(&[data.len()]);
            cx.graph.add_edge(source, id, Dependency::Data { input_order: place as u8, output_order: 0, shape });
        }
        cx.keep_tensors(id);
        cx.execute();
        cx.get_tensor(id, 0).unwrap().data.as_any().downcast_ref::<Vec<f32>>().unwrap().clone()
    }

    #[test]
    fn they_compute_what_their_names_say() {
        assert_eq!(run(gather(2), [&[2.0, 0.0], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]), [5.0, 6.0, 1.0, 2.0]);
        assert_eq!(run(sub(), [&[2.0, 0.5], &[1.0, 2.0]]), [1.0, -1.5]);
    }
}
