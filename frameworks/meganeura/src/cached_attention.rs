//! Attention of decode: the keys and values of the new token are written into the cache, then its query sees what is there. Meganeura's operator
//! for it takes heads of 64 elements (../../docs/findings.md), so smaller ones are filled up; where it does not do, the cache is read by
//! products.

use assay_runner::{AttentionSizes, Node, ValueId};
use meganeura::NodeId;

use crate::attention::{narrowed, widened};
use crate::emitter::{Cache, Emitted, Emitter, Form};
use crate::indexing::map_of;

const WIDTH: usize = 64;
/// Stands for minus infinity.
const HIDDEN: f64 = 1e30;

/// One sequence of a node.
struct Sequence<'a> {
    node: &'a Node,
    sizes: &'a AttentionSizes,
    number: usize,
    /// Where the new token stands.
    position: NodeId,
}

/// Whether the node's past are states that stay.
pub fn is_cached(e: &Emitter, node: &Node, sizes: &AttentionSizes) -> bool {
    e.cached && sizes.past_length > 0 && sizes.q_length == 1 && !sizes.split_heads && node.input(3).is_some()
}

pub fn attention(e: &mut Emitter, node: &Node, sizes: &AttentionSizes) -> Emitted {
    let id = e.source.find("position").ok_or("decode has no position")?;
    let value = e.value(id);
    let position = e.fed("position.first", value, Form::First, |graph, slot| graph.input_u32(slot, &[1]));
    let is_own = sizes.head_size <= WIDTH
        && sizes.head_size == sizes.v_head_size
        && node.real("softcap", 0.0) == 0.0
        && sees_all_that_is_filled(e, node);
    let mut all = Vec::new();
    for number in 0..sizes.batch {
        let sequence = Sequence { node, sizes, number, position };
        all.push(if is_own { sequence.fused(e)? } else { sequence.composed(e, id)? });
    }
    Ok(e.side_by_side(&all, 1))
}

/// Of a mask that hides what lies behind the position and nothing else: no And with a window is in it.
fn sees_all_that_is_filled(e: &Emitter, node: &Node) -> bool {
    let mut ahead: Vec<ValueId> = node.input(3).into_iter().collect();
    while let Some(id) = ahead.pop() {
        let Some(producer) = e.source.producer(id).map(|place| &e.source.nodes[place]) else { continue };
        match producer.op.as_str() {
            "Reshape" | "Concat" => ahead.extend(producer.inputs.iter().flatten()),
            "Less" => (),
            _ => return false,
        }
    }
    true
}

impl Sequence<'_> {
    /// What a token gives, [1, heads * width].
    fn row(&self, e: &mut Emitter, place: usize, size: usize, width: usize) -> Emitted {
        let x = e.input(self.node, place)?;
        let columns = e.count(x) / self.sizes.batch;
        let own = e.part(x, self.number * columns, columns);
        let own = widened(e, own, size, width);
        let columns = columns / size * width;
        Ok(e.rows(own, columns))
    }

    /// The cache with the new token in its place, [places, heads * width].
    fn written(&self, e: &mut Emitter, place: usize, size: usize, width: usize) -> Emitted {
        let new = self.row(e, place, size, width)?;
        let id = e.required(self.node, place + 3)?;
        let (places, heads) = (self.sizes.past_length + 1, self.sizes.kv_heads);
        let cache = Cache { state: e.value(id).name.clone(), sequence: self.number, places, heads, size, width };
        let kept = e.graph.parameter(&cache.name(), &[places, heads * width]);
        e.caches.push(cache);
        Ok(e.graph.cache_write(new, kept, self.position))
    }

    fn fused(&self, e: &mut Emitter) -> Emitted {
        let size = self.sizes.head_size;
        let q = self.row(e, 0, size, WIDTH)?;
        let q = e.times(q, self.sizes.scale * (WIDTH as f64).sqrt());
        let (k, v) = (self.written(e, 1, size, WIDTH)?, self.written(e, 2, size, WIDTH)?);
        let (q_heads, kv_heads) = (self.sizes.q_heads as u32, self.sizes.kv_heads as u32);
        let y = e.graph.cached_attention(q, k, v, self.position, q_heads, kv_heads, WIDTH as u32);
        Ok(narrowed(e, y, size, WIDTH))
    }

    fn composed(&self, e: &mut Emitter, position: ValueId) -> Emitted {
        let AttentionSizes { q_heads, kv_heads, head_size, v_head_size, .. } = *self.sizes;
        let (places, group) = (self.sizes.past_length + 1, self.sizes.group());
        let q = self.row(e, 0, head_size, head_size)?;
        let q = e.times(q, self.sizes.scale);
        let (k, v) = (self.written(e, 1, head_size, head_size)?, self.written(e, 2, v_head_size, v_head_size)?);
        let [k, v] = [(k, head_size), (v, v_head_size)].map(|(cache, size)| {
            // What looks at a cache in another shape reads a buffer that nothing writes (../../docs/findings.md).
            let cache = e.graph.materialize(cache);
            e.pick(cache, &map_of(&[kv_heads, places, size], |at| (at[1] * kv_heads + at[0]) * size + at[2]))
        });
        let q = e.flat(q);
        let scores = e.products_bt(q, k, kv_heads, [group, head_size, places]);
        let cap = self.node.real("softcap", 0.0);
        let scores = if cap > 0.0 { e.capped(scores, cap) } else { scores };
        let seen = self.seen(e, position)?;
        let hidden = e.plus(seen, -1.0);
        let hidden = e.times(hidden, HIDDEN);
        let hidden = e.broadcast(hidden, &[places], &[q_heads, places]);
        let scores = e.graph.add(scores, hidden);
        let scores = e.rows(scores, places);
        let weights = e.graph.softmax(scores);
        Ok(e.products(weights, v, kv_heads, [group, places, v_head_size]))
    }

    /// Of each place of the cache whether it is seen. The graph's mask has the new token behind all places, here it stands in its own.
    fn seen(&self, e: &mut Emitter, position: ValueId) -> Emitted {
        let past = self.sizes.past_length;
        let mask = e.input(self.node, 3)?;
        let of_past = e.part(mask, self.number * (past + 1), past);
        let nothing = e.graph.scalar(0.0);
        let of_past = e.joined(of_past, nothing, 1);
        let all = e.node(position)?;
        let own = e.part(all, self.number, 1);
        let itself = e.one_hot(own, past + 1);
        let itself = e.flat(itself);
        Ok(e.graph.add(of_past, itself))
    }
}
