//! Rotary embeddings: the elements of a pair are exchanged, and both forms multiplied with tables that have an entry for every element.

use assay_runner::Node;

use crate::emitter::{Emitted, Emitter, Id, elements};
use crate::movement::places;

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
fn table(
    e: &mut Emitter,
    node: &Node,
    place: usize,
    [batch, second, third, width]: [usize; 4],
    split: bool,
) -> Emitted {
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
