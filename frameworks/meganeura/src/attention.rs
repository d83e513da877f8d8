//! Attention of one sequence by the framework's fused operators. They want [length, heads * size] and a size that is a power of
//! two; their factor of the scores is 1 / sqrt(size).

use assay_runner::{AttentionSizes, Node, Role};
use meganeura::NodeId;
use meganeura::graph::Op;

use crate::emitter::{Emitted, Emitter, Floats};
use crate::indexing::map_of;
use crate::{cached_attention, masked_attention};

pub fn attention(e: &mut Emitter, node: &Node) -> Result<(), String> {
    let sizes = AttentionSizes::of(e.source, node);
    let y = if cached_attention::is_cached(e, node, &sizes) {
        cached_attention::attention(e, node, &sizes)?
    } else if is_fused(e, node, &sizes) {
        fused(e, node, sizes)?
    } else {
        return masked_attention::attention(e, node, sizes);
    };
    e.set(node.output(0).ok_or("a result that is not wanted")?, y);
    Ok(())
}

fn fused(e: &mut Emitter, node: &Node, sizes: AttentionSizes) -> Emitted {
    let padded = sizes.head_size.next_power_of_two().max(2);
    let q = sequence(e, node, 0, sizes.q_heads, sizes.split_heads)?;
    let factor = sizes.scale * (padded as f64).sqrt();
    let q = e.times(q, if (factor - 1.0).abs() < 1e-9 { 1.0 } else { factor });
    let q = widened(e, q, sizes.head_size, padded);
    let [k, v] = [1, 2].map(|place| {
        let all = with_past(e, node, place, &sizes)?;
        Ok::<_, String>(widened(e, all, sizes.head_size, padded))
    });
    let y = attend(e, node, &sizes, [q, k?, v?], padded);
    let y = narrowed(e, y, sizes.head_size, padded);
    Ok(if sizes.split_heads { heads_first(e, y, sizes.q_length, sizes.q_heads) } else { y })
}

/// Of one sequence, without masks but the causal one. Its gradient is wrong for heads of more than 64 (../../docs/findings.md).
fn is_fused(e: &Emitter, node: &Node, sizes: &AttentionSizes) -> bool {
    let causal = node.flag("is_causal", false);
    let lacking = [
        sizes.batch != 1,
        sizes.head_size != sizes.v_head_size,
        [3, 6].iter().any(|&place| node.input(place).is_some()),
        node.real("softcap", 0.0) != 0.0,
        [1, 2, 3].iter().any(|&place| node.output(place).is_some()),
        causal && sizes.q_length != sizes.kv_length,
        e.shape(node, 0).len() < 3,
        e.training && sizes.head_size > 64,
    ];
    !lacking.contains(&true)
}

/// The framework's operator. Keys and values of the past stand before the others; queries that fill the places of the past are left
/// out of what comes.
fn attend(e: &mut Emitter, node: &Node, sizes: &AttentionSizes, [q, k, v]: [NodeId; 3], size: usize) -> NodeId {
    let (columns, kv_columns) = (sizes.q_heads * size, sizes.kv_heads * size);
    let (q_heads, kv_heads, head) = (sizes.q_heads as u32, sizes.kv_heads as u32, size as u32);
    let (k, v) = (e.rows(k, kv_columns), e.rows(v, kv_columns));
    let (q, v) = (e.rows(q, columns), settled(e, v));
    if !node.flag("is_causal", false) || sizes.q_length == 1 {
        return e.graph.multi_head_attn(q, k, v, q_heads, kv_heads, head, true);
    }
    if sizes.past_length == 0 {
        return e.graph.causal_attention(q, k, v, q_heads, kv_heads, head);
    }
    let filled = sizes.past_length * columns;
    let zeros = e.graph.constant(vec![0.0; filled], &[filled]);
    let all = e.joined(zeros, q, 1);
    let all = e.rows(all, columns);
    let y = e.graph.causal_attention(all, k, v, q_heads, kv_heads, head);
    e.part(y, filled, sizes.q_length * columns)
}

/// The gradient of attention's values gets lost where they come through a reshape: it is looked for in a buffer that nothing writes
/// (../../docs/findings.md). A product with ones lies between.
fn settled(e: &mut Emitter, v: NodeId) -> NodeId {
    if !e.training || !matches!(e.graph.node(v).op, Op::Identity) {
        return v;
    }
    let ones = e.filled(1.0, v);
    e.graph.mul(v, ones)
}

/// An input as [length, heads * size].
fn sequence(e: &mut Emitter, node: &Node, place: usize, heads: usize, split: bool) -> Emitted {
    let shape = e.shape(node, place);
    let length = shape[if split { 2 } else { 1 }];
    if split && heads > 1 && length > 1 {
        return resident_sequence(e, node, place);
    }
    e.input(node, place)
}

/// One that has its heads first. What is resident is turned about when it is loaded.
fn resident_sequence(e: &mut Emitter, node: &Node, place: usize) -> Emitted {
    let id = e.required(node, place)?;
    let value = e.value(id);
    let (heads, length, size) = (value.shape[1], value.shape[2], value.shape[3]);
    let map = map_of(&[length, heads, size], |at| (at[1] * length + at[0]) * size + at[2]);
    if value.role != Role::State || e.source.consumers(id).len() > 1 {
        let x = e.node(id)?;
        return Ok(e.pick(x, &map));
    }
    let floats = e.state_of(id);
    let turned = map.iter().map(|&place| floats[place]).collect();
    Ok(e.resident(&value.name, &[length, heads * size], Floats::Made(turned), false))
}

fn heads_first(e: &mut Emitter, y: NodeId, length: usize, heads: usize) -> NodeId {
    let size = e.count(y) / (length * heads);
    e.pick(y, &map_of(&[heads, length, size], |at| (at[1] * heads + at[0]) * size + at[2]))
}

/// Keys or values, those of the past before them.
fn with_past(e: &mut Emitter, node: &Node, place: usize, sizes: &AttentionSizes) -> Emitted {
    let new = sequence(e, node, place, sizes.kv_heads, sizes.split_heads)?;
    if sizes.past_length == 0 {
        return Ok(new);
    }
    let past = sequence(e, node, place + 3, sizes.kv_heads, true)?;
    Ok(e.joined(past, new, 1))
}

/// Heads with zeros behind, which change no product of two.
pub fn widened(e: &mut Emitter, x: NodeId, size: usize, padded: usize) -> NodeId {
    if size == padded {
        return x;
    }
    let heads = e.count(x) / size;
    let filled = heads * (padded - size);
    let zeros = e.graph.constant(vec![0.0; filled], &[filled]);
    e.joined(x, zeros, heads)
}

pub fn narrowed(e: &mut Emitter, y: NodeId, size: usize, padded: usize) -> NodeId {
    if size == padded {
        return y;
    }
    let y = e.flat(y);
    let heads = e.count(y) / padded;
    e.graph.split_a(y, heads as u32, size as u32, (padded - size) as u32, 1)
}
