//! Attention and rotary embeddings.
//!
//! Luminal has no product of many matrices that have both operands of their own, and joining what separate products give costs more than
//! they do. So the heads of keys and values stand on the diagonal of one matrix, zeros elsewhere: scores [query, head, key] and results
//! [query, head, element] are one product each, and nothing has to be split, moved or joined.

use assay_runner::{AttentionSizes, Dtype, Node};

use crate::emitter::{Emitted, Emitter, Id, elements, matrix};
use crate::movement::places;

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
    if node.input(6).is_some() {
        return Err("the runner does not limit keys by lengths that are not known before a step".to_string());
    }
    if sizes.past_length > 0 && sizes.batch * sizes.kv_heads > 0 && node.input(3).is_some_and(|id| e.graph.value(id).shape.is_empty()) {
        return Err("a mask has dimensions".to_string());
    }
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

fn stretch(e: &mut Emitter, ids: [Id; 2], [batch, heads, length]: [usize; 3], sizes: &AttentionSizes, split: bool) -> [Heads; 2] {
    let widths = [sizes.head_size, sizes.v_head_size];
    [0, 1].map(|i| Heads::new(e, ids[i], [batch, heads, length, widths[i]], split))
}

/// Y, and the scores at the stage that is wanted, as [head, query, key].
fn one_image(
    e: &mut Emitter, node: &Node, sizes: &AttentionSizes, stretches: &[[Heads; 2]], image: usize,
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
    let masked = masked(e, node, sizes, capped, image)?;
    let (powers, inverse) = e.softmax_parts(masked, rows, keys);
    let stage = [Stage::Product, Stage::Capped, Stage::Masked, Stage::Probabilities][node.int("qk_matmul_output_mode", 0) as usize];
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
        Stage::Masked => masked,
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

/// Adds minus infinity where a key is not seen, and the mask.
fn masked(e: &mut Emitter, node: &Node, sizes: &AttentionSizes, scores: Id, image: usize) -> Emitted {
    let (queries, heads, keys) = (sizes.q_length, sizes.q_heads, sizes.total_length());
    let n = queries * heads * keys;
    let mut scores = scores;
    let hidden = |q: usize, k: usize| node.flag("is_causal", false) && !sizes.is_seen(q, k);
    let one_head = |q: usize| (0..keys).map(move |k| if hidden(q, k) { f32::NEG_INFINITY } else { 0.0 });
    let causal: Vec<f32> = (0..queries).flat_map(|q| (0..heads).flat_map(move |_| one_head(q))).collect();
    if causal.iter().any(|&x| x != 0.0) {
        let causal = e.constant(causal);
        scores = e.add(scores, causal, n);
    }
    let Some(mask) = node.input(3) else { return Ok(scores) };
    let value = e.graph.value(mask);
    if value.shape.last() != Some(&keys) {
        return Err("the runner takes masks of all keys only".to_string());
    }
    // Each dimension's size and stride; those of size 1 are repeated. From [image, head, query, key] to [query, head, key].
    let strides = crate::movement::strides(&value.shape);
    let stride = |back: usize| match value.shape.len().checked_sub(back) {
        Some(axis) if value.shape[axis] > 1 => strides[axis],
        _ => 0,
    };
    let dims = [(queries, stride(2)), (heads, stride(3)), (keys, stride(1))];
    let source = e.value(mask);
    let mut own = e.view(source, elements(&value.shape), &dims, image as isize * stride(4))?;
    if value.dtype == Dtype::BOOL {
        own = e.log2(own, n); // 1 becomes 0, 0 minus infinity
    }
    Ok(e.add(scores, own, n))
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

pub fn rotary(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let split = shape.len() == 4;
    let heads = if split { shape[1] } else { node.int("num_heads", 1).max(1) as usize };
    let length = if split { shape[2] } else { shape[1] };
    let width = elements(shape) / (shape[0] * heads * length);
    let turned = match node.int("rotary_embedding_dim", 0) as usize {
        0 => width,
        some => some,
    };
    let (rows, n) = (shape[0] * heads * length, elements(shape));
    let source = e.input(node, 0);
    let part = e.view(source, n, &[(rows, width as isize), (turned, 1)], 0)?;
    // As the parts of a table lie: [batch, heads, length] or [batch, length, heads].
    let order = if split { [shape[0], heads, length, turned] } else { [shape[0], length, heads, turned] };
    let cosine = table(e, node, 1, order, split)?;
    let sine = table(e, node, 2, order, split)?;
    let result = rotated(e, node, part, [cosine, sine], rows, turned)?;
    if turned == width {
        return Ok(result);
    }
    let rest = e.view(source, n, &[(rows, width as isize), (width - turned, 1)], turned as isize)?;
    e.concat(&[(result, turned), (rest, width - turned)], rows, 1)
}

/// x cos + x' sin, where x' has the elements of each pair exchanged, the one that comes first then being negative.
fn rotated(e: &mut Emitter, node: &Node, x: Id, [cosine, sine]: [Id; 2], rows: usize, width: usize) -> Emitted {
    let (n, half) = (rows * width, width / 2);
    let pairs = |rows: usize| {
        if node.flag("interleaved", false) {
            places(&[(rows, width as isize), (half, 2), (2, -1)], 1)
        } else {
            places(&[(rows, width as isize), (2, -(half as isize)), (half, 1)], half as isize)
        }
    };
    let signs: Vec<f32> = pairs(1).iter().enumerate().map(|(i, &other)| if other > i { -1.0 } else { 1.0 }).collect();
    let exchanged = e.gather(x, n, pairs(rows), 1)?;
    let signs = e.constant(signs);
    let signs = e.along_columns(signs, rows, width);
    let sine = e.mul(sine, signs, n);
    let (one, other) = (e.mul(x, cosine, n), e.mul(exchanged, sine, n));
    Ok(e.add(one, other, n))
}

/// A table with an entry for every element.
fn table(e: &mut Emitter, node: &Node, place: usize, [batch, second, third, width]: [usize; 4], split: bool) -> Emitted {
    let (source, half) = (e.input(node, place), width / 2);
    let (heads, length) = if split { (second, third) } else { (third, second) };
    let n = elements(e.shape(node, place));
    let chosen = match node.input(3) {
        Some(id) => {
            let ids = e.value(id);
            e.gather_by(source, n, ids, batch * length, half)
        }
        None => source,
    };
    let step = half as isize;
    let columns = if node.flag("interleaved", false) { [(half, 1), (2, 0)] } else { [(2, 0), (half, 1)] };
    let wide = e.view(chosen, batch * length * half, &[&[(batch * length, step)][..], &columns].concat(), 0)?;
    let (from, to) = if split {
        (vec![batch, 1, length, width], vec![batch, heads, length, width])
    } else {
        (vec![batch, length, 1, width], vec![batch, length, heads, width])
    };
    e.expand(wide, &from, &to)
}

impl Emitter<'_> {
    /// cap * tanh(x / cap)
    fn capped(&mut self, x: Id, cap: f32, n: usize) -> Id {
        let scaled = self.scale(x, 1.0 / cap, n);
        let bent = self.tanh(scaled, n);
        self.scale(bent, cap, n)
    }
}
