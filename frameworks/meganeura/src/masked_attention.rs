//! Attention where Meganeura's fused operators do not do: several sequences, masks, caps, scores that are given out. Two products for each head of keys
//! and values, with a softmax between.

use assay_runner::{AttentionSizes, Dtype, Node};
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter};
use crate::indexing::map_of;

/// Stands for minus infinity where it meets products: 0 times infinity is no number.
const HIDDEN: f32 = -1e30;

struct Space<'a> {
    node: &'a Node,
    sizes: AttentionSizes,
}

/// What is added to the scores [batch, heads, query, key]; and 1 where a key is seen, else 0.
#[derive(Default)]
struct Mask {
    added: Option<NodeId>,
    seen: Option<NodeId>,
}

pub fn attention(e: &mut Emitter, node: &Node, sizes: AttentionSizes) -> Result<(), String> {
    let space = Space { node, sizes };
    let (q, sizes) = (space.heads_first(e, 0, sizes.q_heads)?, &space.sizes);
    let [k, v] = [1, 2].map(|place| space.with_past(e, place));
    let (k, v) = (k?, v?);
    let q = e.times(q, sizes.scale);
    let pairs = sizes.batch * sizes.kv_heads;
    let (rows, keys) = (sizes.group() * sizes.q_length, sizes.total_length());
    let product = e.products_bt(q, k, pairs, [rows, sizes.head_size, keys]);
    let cap = node.real("softcap", 0.0);
    let capped = if cap > 0.0 { e.capped(product, cap) } else { product };
    let mask = space.mask(e)?;
    let masked = mask.added.map_or(capped, |added| e.graph.add(capped, added));
    let scores = e.rows(masked, keys);
    let weights = e.graph.softmax(scores);
    let weights = e.flat(weights);
    let weights = mask.seen.map_or(weights, |seen| e.graph.mul(weights, seen));
    let y = e.products(weights, v, pairs, [rows, keys, sizes.v_head_size]);
    let y = space.as_given(e, y);
    let shown = match node.int("qk_matmul_output_mode", 0) {
        0 => product,
        1 => capped,
        2 => mask.with_infinities(e, masked),
        _ => weights,
    };
    for (output, found) in node.outputs.iter().zip([y, k, v, shown]) {
        if let Some(output) = *output {
            e.set(output, found);
        }
    }
    Ok(())
}

impl Space<'_> {
    /// An input as [batch, heads, length, size], a list.
    fn heads_first(&self, e: &mut Emitter, place: usize, heads: usize) -> Emitted {
        let (shape, x) = (e.shape(self.node, place), e.input(self.node, place)?);
        if self.sizes.split_heads {
            return Ok(e.flat(x));
        }
        let (batch, length, size) = (shape[0], shape[1], shape[2] / heads);
        let source = |at: &[usize]| ((at[0] * length + at[2]) * heads + at[1]) * size + at[3];
        Ok(if heads == 1 || length == 1 {
            e.flat(x)
        } else {
            e.pick(x, &map_of(&[batch, heads, length, size], source))
        })
    }

    /// Keys or values, those of the past before them.
    fn with_past(&self, e: &mut Emitter, place: usize) -> Emitted {
        let new = self.heads_first(e, place, self.sizes.kv_heads)?;
        if self.sizes.past_length == 0 {
            return Ok(new);
        }
        let past = e.input(self.node, place + 3)?;
        Ok(e.joined(past, new, self.sizes.batch * self.sizes.kv_heads))
    }

    fn as_given(&self, e: &mut Emitter, y: NodeId) -> NodeId {
        let AttentionSizes { batch, q_heads, q_length, v_head_size, split_heads, .. } = self.sizes;
        if split_heads || q_heads == 1 || q_length == 1 {
            return y;
        }
        let source = |at: &[usize]| ((at[0] * q_heads + at[2]) * q_length + at[1]) * v_head_size + at[3];
        e.pick(y, &map_of(&[batch, q_length, q_heads, v_head_size], source))
    }

    fn shape(&self) -> [usize; 4] {
        [self.sizes.batch, self.sizes.q_heads, self.sizes.q_length, self.sizes.total_length()]
    }

    /// A number for each query and key, repeated for all heads.
    fn known(&self, e: &mut Emitter, number: impl Fn(usize, usize) -> f32) -> NodeId {
        let [_, _, queries, keys] = self.shape();
        let numbers = (0..queries * keys).map(|i| number(i / keys, i % keys)).collect();
        let numbers = e.graph.constant(numbers, &[queries, keys]);
        e.broadcast(numbers, &[queries, keys], &self.shape())
    }

    fn mask(&self, e: &mut Emitter) -> Result<Mask, String> {
        let mut mask = Mask::default();
        let causal = self.node.flag("is_causal", false);
        if causal && self.node.input(6).is_none() {
            let seen = self.known(e, |q, k| f32::from(u8::from(self.sizes.is_seen(q, k))));
            mask.hide(e, seen);
        }
        if self.node.input(6).is_some() {
            self.hide_padding(e, &mut mask, causal)?;
        }
        if self.node.input(3).is_some() {
            self.take_input(e, &mut mask)?;
        }
        Ok(mask)
    }

    /// Keys beyond a number that a step is given; where attention is causal, the last query sees the last of them.
    fn hide_padding(&self, e: &mut Emitter, mask: &mut Mask, causal: bool) -> Result<(), String> {
        let lengths = e.input(self.node, 6)?;
        let lengths = e.broadcast(lengths, &[self.sizes.batch, 1, 1, 1], &self.shape());
        let place = self.known(e, |_, k| k as f32);
        let seen = e.graph.greater(lengths, place);
        mask.hide(e, seen);
        if causal {
            let queries = self.sizes.q_length as f32;
            let place = self.known(e, |q, k| k as f32 - q as f32 + queries - 1.0);
            let seen = e.graph.greater(lengths, place);
            mask.hide(e, seen);
        }
        Ok(())
    }

    /// A mask of fewer keys hides those beyond its end.
    fn take_input(&self, e: &mut Emitter, mask: &mut Mask) -> Result<(), String> {
        let value = e.value(e.required(self.node, 3)?);
        let (keys, length) = (self.sizes.total_length(), *value.shape.last().expect("a mask has dimensions"));
        let mut given = e.input(self.node, 3)?;
        if value.dtype != Dtype::BOOL {
            given = e.at_least(given, HIDDEN);
        }
        let hidden = if value.dtype == Dtype::BOOL { 0.0 } else { HIDDEN };
        let mut shape = value.shape.clone();
        if length != 1 && length < keys {
            let rows = e.count(given) / length;
            let count = rows * (keys - length);
            let rest = e.graph.constant(vec![hidden; count], &[count]);
            given = e.joined(given, rest, rows);
            *shape.last_mut().expect("it has one") = keys;
        }
        let wide = e.broadcast(given, &shape, &self.shape());
        if value.dtype == Dtype::BOOL {
            mask.hide(e, wide);
        } else {
            mask.add(e, wide);
            let seen = e.above(wide, f64::from(HIDDEN / 10.0));
            mask.see(e, seen);
        }
        Ok(())
    }
}

impl Mask {
    fn hide(&mut self, e: &mut Emitter, seen: NodeId) {
        let minus = e.plus(seen, -1.0);
        let numbers = e.times(minus, f64::from(-HIDDEN));
        self.add(e, numbers);
        self.see(e, seen);
    }

    fn add(&mut self, e: &mut Emitter, numbers: NodeId) {
        self.added = Some(self.added.map_or(numbers, |added| e.graph.add(added, numbers)));
    }

    fn see(&mut self, e: &mut Emitter, seen: NodeId) {
        self.seen = Some(self.seen.map_or(seen, |before| e.graph.mul(before, seen)));
    }

    /// What stands for minus infinity becomes it, the logarithm of 0.
    fn with_infinities(&self, e: &mut Emitter, masked: NodeId) -> NodeId {
        let Some(seen) = self.seen else { return masked };
        let infinities = e.graph.log(seen);
        e.graph.add(masked, infinities)
    }
}

impl Emitter<'_> {
    /// cap * tanh(x / cap)
    pub fn capped(&mut self, x: NodeId, cap: f64) -> NodeId {
        let scaled = self.times(x, 1.0 / cap);
        let bent = self.graph.tanh(scaled);
        self.times(bent, cap)
    }

    /// The greater one of x and the bound, of infinities, too: the greatest element of pairs.
    fn at_least(&mut self, x: NodeId, bound: f32) -> NodeId {
        let count = self.count(x);
        let bounds = self.graph.constant(vec![bound; count], &[count]);
        let pairs = self.joined(x, bounds, count);
        let pairs = self.rows(pairs, 2);
        self.greatest(pairs)
    }

    /// [batch, rows, inner] by [batch, columns, inner] turned, a list.
    pub fn products_bt(&mut self, a: NodeId, b: NodeId, batch: usize, [rows, inner, columns]: [usize; 3]) -> NodeId {
        let product = |place: usize| {
            let (a, b) = (
                self.part(a, place * rows * inner, rows * inner),
                self.part(b, place * inner * columns, inner * columns),
            );
            let (a, b) = (self.rows(a, inner), self.rows(b, inner));
            self.graph.matmul_bt(a, b)
        };
        let all: Vec<_> = (0..batch).map(product).collect();
        let all = self.side_by_side(&all, 1);
        self.flat(all)
    }
}
