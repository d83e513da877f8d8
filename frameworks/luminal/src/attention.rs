//! Attention.
//!
//! Luminal has no product of many matrices that have both operands of their own, and joining what separate products give costs more than
//! they do. So the heads of keys and values stand on the diagonal of one matrix, zeros elsewhere: scores [query, head, key] and results
//! [query, head, element] are one product each, and nothing has to be split, moved or joined.

use assay_runner::{AttentionSizes, Node};

use crate::emitter::{Emitted, Emitter, Id, elements, matrix};
use crate::mask::Mask;

/// What the scores are when they are given out.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Product,
    Capped,
    Masked,
    Probabilities,
}

/// Keys or values of one stretch of positions, with zeros behind them.
struct Heads {
    source: Id,
    size: usize,
    length: usize,
    width: usize,
    count: usize,
    /// [batch, heads, length, width], else [batch, length, heads * width].
    split: bool,
    zero_row: usize,
}

impl Heads {
    fn new(e: &mut Emitter, id: Id, shape: [usize; 4], split: bool) -> Self {
        let [batch, count, length, width] = shape;
        let n = batch * count * length * width;
        let (source, size) = e.with_zeros(id, n, width);
        Self { source, size, length, width, count, split, zero_row: n / width }
    }

    fn row(&self, image: usize, head: usize, position: usize) -> usize {
        if self.split {
            (image * self.count + head) * self.length + position
        } else {
            (image * self.length + position) * self.count + head
        }
    }

    /// [head, position] x [head, element], where `heads` of the query share those of this.
    fn diagonal(&self, e: &mut Emitter, image: usize, heads: usize) -> Emitted {
        let mut rows = Vec::with_capacity(heads * heads * self.length);
        for head in 0..heads {
            for position in 0..self.length {
                let own = self.row(image, head * self.count / heads, position);
                rows.extend((0..heads).map(|other| if other == head { own } else { self.zero_row }));
            }
        }
        e.gather(self.source, self.size, rows, self.width)
    }
}

pub fn attention(e: &mut Emitter, node: &Node) -> Result<Vec<Id>, String> {
    let sizes = AttentionSizes::of(e.graph, node);
    let mut stretches = Vec::new();
    if sizes.past_length > 0 {
        let shape = [sizes.batch, sizes.kv_heads, sizes.past_length];
        stretches.push(stretch(e, [e.input(node, 4), e.input(node, 5)], shape, &sizes, true));
    }
    let shape = [sizes.batch, sizes.kv_heads, sizes.kv_length];
    stretches.push(stretch(e, [e.input(node, 1), e.input(node, 2)], shape, &sizes, sizes.split_heads));
    let (mut results, mut exposed) = (Vec::new(), Vec::new());
    for image in 0..sizes.batch {
        let (y, scores) = one_image(e, node, &sizes, &stretches, image)?;
        results.push((y, 1));
        exposed.push((scores, 1));
    }
    let q = elements(e.shape(node, 0)) / sizes.batch / sizes.head_size * sizes.v_head_size;
    let mut outputs = vec![e.concat(&results, 1, q)?];
    for place in [1, 2] {
        outputs.push(if node.output(place).is_some() { present(e, node, &sizes, place)? } else { outputs[0] });
    }
    outputs.push(if node.output(3).is_some() {
        e.concat(&exposed, 1, sizes.q_heads * sizes.q_length * sizes.total_length())?
    } else {
        outputs[0]
    });
    Ok(outputs)
}

fn stretch(
    e: &mut Emitter,
    ids: [Id; 2],
    [batch, heads, length]: [usize; 3],
    sizes: &AttentionSizes,
    split: bool,
) -> [Heads; 2] {
    let widths = [sizes.head_size, sizes.v_head_size];
    [0, 1].map(|i| Heads::new(e, ids[i], [batch, heads, length, widths[i]], split))
}

/// Y, and the scores at the stage that is wanted, as [head, query, key].
fn one_image(
    e: &mut Emitter,
    node: &Node,
    sizes: &AttentionSizes,
    stretches: &[[Heads; 2]],
    image: usize,
) -> Result<(Id, Id), String> {
    let (queries, heads) = (sizes.q_length, sizes.q_heads);
    let (rows, keys) = (queries * heads, sizes.total_length());
    let q = queries_of(e, node, sizes, image)?;
    let mut parts = Vec::new();
    for [k, _] in stretches {
        let diagonal = k.diagonal(e, image, heads)?;
        let (width, length) = (heads * sizes.head_size, k.length);
        let scores = e.product(matrix(q, queries, width), matrix(diagonal, heads * length, width).transposed());
        parts.push((scores, length));
    }
    let product = e.concat(&parts, rows, 1)?;
    let cap = node.real("softcap", 0.0) as f32;
    let capped = if cap > 0.0 { e.capped(product, cap, rows * keys) } else { product };
    let mask = Mask::of(e, node, sizes, image)?;
    let masked = mask.added_to(e, capped, rows * keys);
    let (powers, inverse) = mask.softmax(e, masked, rows, keys);
    let stage = [Stage::Product, Stage::Capped, Stage::Masked, Stage::Probabilities]
        [node.int("qk_matmul_output_mode", 0) as usize];
    let probabilities = (node.output(3).is_some() && stage == Stage::Probabilities).then(|| {
        let inverse = e.along_rows(inverse, rows, keys);
        e.mul(powers, inverse, rows * keys)
    });
    let y = weighted(e, sizes, stretches, image, probabilities.unwrap_or(powers))?;
    let y = if probabilities.is_some() {
        y
    } else {
        let inverse = e.along_rows(inverse, rows, sizes.v_head_size);
        e.mul(y, inverse, rows * sizes.v_head_size)
    };
    let y = if sizes.split_heads { e.swap(y, queries, heads, sizes.v_head_size)? } else { y };
    let scores = match stage {
        _ if node.output(3).is_none() => return Ok((y, y)),
        Stage::Product => product,
        Stage::Capped => capped,
        Stage::Masked => mask.with_infinities(e, masked, rows * keys),
        Stage::Probabilities => probabilities.expect("they are wanted"),
    };
    Ok((y, e.swap(scores, queries, heads, keys)?))
}

/// [query, head * element], scaled.
fn queries_of(e: &mut Emitter, node: &Node, sizes: &AttentionSizes, image: usize) -> Emitted {
    let (queries, heads, width) = (sizes.q_length, sizes.q_heads, sizes.head_size);
    let (source, n) = (e.input(node, 0), queries * heads * width);
    let own = e.gather(source, sizes.batch * n, vec![image], n)?;
    let ordered = if sizes.split_heads { e.swap(own, heads, queries, width)? } else { own };
    Ok(e.scale(ordered, sizes.scale as f32, n))
}

/// The weights [query, head, key] times the values of all stretches.
fn weighted(e: &mut Emitter, sizes: &AttentionSizes, stretches: &[[Heads; 2]], image: usize, weights: Id) -> Emitted {
    let (queries, heads, keys) = (sizes.q_length, sizes.q_heads, sizes.total_length());
    let (rows, width) = (queries * heads, heads * sizes.v_head_size);
    let (mut first, mut result) = (0, None);
    for [_, v] in stretches {
        let diagonal = v.diagonal(e, image, heads)?;
        let own = e.view(weights, rows * keys, &[(rows, keys as isize), (v.length, 1)], first)?;
        let y = e.product(matrix(own, queries, heads * v.length), matrix(diagonal, heads * v.length, width));
        result = Some(result.map_or(y, |sum| e.add(sum, y, queries * width)));
        first += v.length as isize;
    }
    Ok(result.expect("keys of the step, at least"))
}

/// Past and new keys or values, [batch, heads, length, width].
fn present(e: &mut Emitter, node: &Node, sizes: &AttentionSizes, place: usize) -> Emitted {
    let width = if place == 1 { sizes.head_size } else { sizes.v_head_size };
    let (batch, heads, length) = (sizes.batch, sizes.kv_heads, sizes.kv_length);
    let mut new = e.input(node, place);
    if !sizes.split_heads {
        new = e.transpose(new, &[batch, length, heads, width], &[0, 2, 1, 3])?;
    }
    if sizes.past_length == 0 {
        return Ok(new);
    }
    let past = e.input(node, place + 3);
    e.concat(&[(past, sizes.past_length), (new, length)], batch * heads, width)
}

impl Emitter<'_> {
    /// cap * tanh(x / cap)
    fn capped(&mut self, x: Id, cap: f32, n: usize) -> Id {
        let scaled = self.scale(x, 1.0 / cap, n);
        let bent = self.tanh(scaled, n);
        self.scale(bent, cap, n)
    }
}
