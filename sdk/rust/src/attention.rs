//! The sizes of an Attention node, whose heads are a dimension of their own or joined in the last one.

use crate::graph::{Graph, Node};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttentionSizes {
    pub batch: usize,
    pub q_heads: usize,
    /// q_heads is a multiple.
    pub kv_heads: usize,
    pub q_length: usize,
    /// Of K and V, without the past.
    pub kv_length: usize,
    pub past_length: usize,
    pub head_size: usize,
    pub v_head_size: usize,
    /// Q, K, V and Y have the form [batch, heads, length, size], else [batch, length, heads * size].
    pub split_heads: bool,
    /// Of the scores.
    pub scale: f64,
}

impl AttentionSizes {
    pub fn of(graph: &Graph, node: &Node) -> Self {
        let [q, k, v] = [0, 1, 2].map(|place| graph.shape(node, place));
        let past_length = node.input(4).map_or(0, |id| graph.value(id).shape[2]);
        let split_heads = q.len() == 4;
        let (q_heads, kv_heads) = if split_heads {
            (q[1], k[1])
        } else {
            (node.int("q_num_heads", 0) as usize, node.int("kv_num_heads", 0) as usize)
        };
        let length = if split_heads { 2 } else { 1 };
        let size = |shape: &[usize], heads: usize| if split_heads { shape[3] } else { shape[2] / heads };
        let head_size = size(q, q_heads);
        Self {
            batch: q[0],
            q_heads,
            kv_heads,
            q_length: q[length],
            kv_length: k[length],
            past_length,
            head_size,
            v_head_size: size(v, kv_heads),
            split_heads,
            scale: node.real("scale", 1.0 / (head_size as f64).sqrt()),
        }
    }

    pub fn total_length(&self) -> usize {
        self.past_length + self.kv_length
    }

    /// Query heads that share one head of keys and values.
    pub fn group(&self) -> usize {
        self.q_heads / self.kv_heads
    }

    /// Whether query `q` may see key `k` where attention is causal: the past comes before the first query.
    pub fn is_seen(&self, q: usize, k: usize) -> bool {
        k <= q + self.past_length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::one_node;

    #[test]
    fn heads_are_joined_or_split() {
        let joined =
            one_node("Attention", &[&[1, 2, 12], &[1, 3, 4], &[1, 3, 6]], r#"{"q_num_heads": 6, "kv_num_heads": 2}"#);
        let sizes = AttentionSizes::of(&joined, &joined.nodes[0]);
        assert_eq!((sizes.q_length, sizes.kv_length, sizes.head_size, sizes.v_head_size), (2, 3, 2, 3));
        assert_eq!((sizes.group(), sizes.scale), (3, 1.0 / 2f64.sqrt()));
        let shapes: [&[usize]; 6] = [&[1, 6, 2, 2], &[1, 2, 3, 2], &[1, 2, 3, 3], &[], &[1, 2, 5, 2], &[1, 2, 5, 3]];
        let split = one_node("Attention", &shapes, r#"{"scale": 2.0}"#);
        let sizes = AttentionSizes::of(&split, &split.nodes[0]);
        assert_eq!(
            (sizes.q_heads, sizes.kv_heads, sizes.past_length, sizes.total_length(), sizes.scale),
            (6, 2, 5, 8, 2.0)
        );
        assert!(sizes.is_seen(0, 5) && !sizes.is_seen(0, 6) && sizes.is_seen(1, 6));
    }
}
