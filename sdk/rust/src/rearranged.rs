//! DepthToSpace and SpaceToDepth as what they are: another shape, the axes in another order, and the result's shape.

use crate::graph::{Graph, Node};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rearranged {
    /// The data with six axes.
    pub shape: [usize; 6],
    pub order: [usize; 6],
}

impl Rearranged {
    pub fn of(graph: &Graph, node: &Node) -> Self {
        let x = graph.shape(node, 0);
        let block = node.int("blocksize", 1) as usize;
        let depth = x[1] / (block * block);
        let [batch, height, width] = [x[0], x[2], x[3]];
        let (shape, order) = match (node.op.as_str(), node.text("mode", "DCR")) {
            ("SpaceToDepth", _) => ([batch, x[1], height / block, block, width / block, block], [0, 3, 5, 1, 2, 4]),
            (_, "CRD") => ([batch, depth, block, block, height, width], [0, 1, 4, 2, 5, 3]),
            _ => ([batch, block, block, depth, height, width], [0, 3, 4, 1, 5, 2]),
        };
        Self { shape, order }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::one_node;

    fn of(op: &str, attributes: &str) -> Rearranged {
        let graph = one_node(op, &[&[2, 12, 4, 6]], attributes);
        Rearranged::of(&graph, &graph.nodes[0])
    }

    #[test]
    fn blocks_are_axes_of_their_own() {
        assert_eq!(of("DepthToSpace", r#"{"blocksize": 2}"#).shape, [2, 2, 2, 3, 4, 6]);
        let crd = of("DepthToSpace", r#"{"blocksize": 2, "mode": "CRD"}"#);
        assert_eq!((crd.shape, crd.order), ([2, 3, 2, 2, 4, 6], [0, 1, 4, 2, 5, 3]));
        assert_eq!(of("SpaceToDepth", r#"{"blocksize": 2}"#).shape, [2, 12, 2, 2, 3, 2]);
    }
}
