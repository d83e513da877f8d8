//! The sizes of an LSTM, GRU or RNN node. With layout 0 X is [steps, batch, input], Y [steps, directions, batch, hidden] and a state
//! [directions, batch, hidden]; with layout 1 the batch comes first in each.

use crate::graph::{Graph, Node};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// Rows of W and R are gates * hidden: 4 of an LSTM, 3 of a GRU, 1 of an RNN.
    pub gates: usize,
    /// Of each direction, whether it runs from the last step to the first.
    pub backward: Vec<bool>,
    pub steps: usize,
    pub batch: usize,
    pub input: usize,
    pub hidden: usize,
    pub batch_first: bool,
    /// Of a GRU: the reset gate works on the state's product, not on the state before it.
    pub linear_before_reset: bool,
}

impl Recurrence {
    pub fn of(graph: &Graph, node: &Node) -> Self {
        let gates = match node.op.as_str() {
            "LSTM" => 4,
            "GRU" => 3,
            _ => 1,
        };
        let backward = match node.text("direction", "forward") {
            "forward" => vec![false],
            "reverse" => vec![true],
            _ => vec![false, true],
        };
        let (x, batch_first) = (graph.shape(node, 0), node.flag("layout", false));
        let (steps, batch) = if batch_first { (x[1], x[0]) } else { (x[0], x[1]) };
        Self {
            gates,
            backward,
            steps,
            batch,
            input: x[2],
            hidden: graph.shape(node, 2)[2],
            batch_first,
            linear_before_reset: node.flag("linear_before_reset", false),
        }
    }

    /// The columns of the gates of one direction, side by side.
    pub fn rows(&self) -> usize {
        self.gates * self.hidden
    }

    /// The steps in the order in which a direction takes them.
    pub fn order(&self, direction: usize) -> Vec<usize> {
        let steps = 0..self.steps;
        if self.backward[direction] { steps.rev().collect() } else { steps.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::one_node;

    fn of(op: &str, shapes: &[&[usize]], attributes: &str) -> Recurrence {
        let graph = one_node(op, shapes, attributes);
        Recurrence::of(&graph, &graph.nodes[0])
    }

    #[test]
    fn sizes_come_from_the_operands() {
        let lstm = of("LSTM", &[&[5, 2, 3], &[1, 28, 3], &[1, 28, 7]], "{}");
        assert_eq!((lstm.steps, lstm.batch, lstm.input, lstm.hidden, lstm.rows()), (5, 2, 3, 7, 28));
        assert_eq!((lstm.backward.clone(), lstm.order(0)), (vec![false], vec![0, 1, 2, 3, 4]));
    }

    #[test]
    fn directions_and_layout_are_read() {
        let both = of("GRU", &[&[2, 3, 4], &[2, 6, 4], &[2, 6, 2]], r#"{"direction": "bidirectional", "layout": 1}"#);
        assert_eq!((both.batch, both.steps, both.batch_first, both.linear_before_reset), (2, 3, true, false));
        assert_eq!((both.order(0), both.order(1)), (vec![0, 1, 2], vec![2, 1, 0]));
        let reverse = of("RNN", &[&[2, 1, 4], &[1, 2, 4], &[1, 2, 2]], r#"{"direction": "reverse"}"#);
        assert_eq!((reverse.gates, reverse.order(0)), (1, vec![1, 0]));
    }
}
