//! Rotary embeddings. Candle's own take one table for all heads, the positions in order.

use candle_core::{D, Result, Tensor};
use candle_nn::rotary_emb;

use crate::kernel::{Compile, Compiled, Operands, Site, kernel};

pub const OPERATORS: &[(&str, Compile)] = &[("RotaryEmbedding", rotary)];

/// The form of the input: [batch, length, heads, size], or with length and heads exchanged.
#[derive(Clone, Copy)]
struct Heads {
    batch: usize,
    length: usize,
    heads: usize,
    size: usize,
    split: bool,
}

impl Heads {
    fn of(site: &Site) -> Self {
        match *site.shape(0) {
            [batch, heads, length, size] => Self { batch, length, heads, size, split: true },
            [batch, length, width] => {
                let heads = (site.node.int("num_heads", 0) as usize).max(1);
                Self { batch, length, heads, size: width / heads, split: false }
            }
            _ => unreachable!("the core has checked the shape"),
        }
    }

    /// [batch, length, heads, size].
    fn by_length(&self, x: &Tensor) -> Result<Tensor> {
        if self.split { x.transpose(1, 2) } else { x.reshape((self.batch, self.length, self.heads, self.size)) }
    }

    fn back(&self, x: &Tensor) -> Result<Tensor> {
        if self.split { x.transpose(1, 2) } else { x.reshape((self.batch, self.length, self.heads * self.size)) }
    }
}

fn rotary(site: &Site) -> Compiled {
    site.need_f32(&[0, 1, 2])?;
    let heads = Heads::of(site);
    let interleaved = site.node.flag("interleaved", false);
    let turned = match site.node.int("rotary_embedding_dim", 0) as usize {
        0 => heads.size,
        some => some,
    };
    let slow = site.gradients;
    kernel(move |x| {
        let whole = heads.by_length(x.at(0))?;
        let part = whole.narrow(D::Minus1, 0, turned)?;
        let (cos, sin) = (table(x, 1, &heads)?, table(x, 2, &heads)?);
        let part = match (slow, interleaved) {
            (false, false) => rotary_emb::rope_thd(&part.contiguous()?, &cos, &sin)?,
            (false, true) => {
                let by_head = part.transpose(1, 2)?.contiguous()?;
                rotary_emb::rope_i(&by_head, &cos, &sin)?.transpose(1, 2)?
            }
            (true, false) => halves(&part, &cos, &sin)?,
            (true, true) => pairs(&part, &cos, &sin)?,
        };
        if turned == heads.size {
            return heads.back(&part);
        }
        let rest = whole.narrow(D::Minus1, turned, heads.size - turned)?;
        heads.back(&Tensor::cat(&[&part, &rest], D::Minus1)?)
    })
}

/// The rows of a table for the positions: [length, pairs] for one sequence, [batch, length, pairs] for several.
fn table(x: &Operands, place: usize, heads: &Heads) -> Result<Tensor> {
    let table = match x.given(3) {
        Some(positions) => {
            let rows = x.at(place).index_select(&positions.flatten_all()?, 0)?;
            rows.reshape((heads.batch, heads.length, ()))?
        }
        None => x.at(place).clone(),
    };
    let table = table.contiguous()?;
    if heads.batch == 1 && table.rank() == 3 { table.squeeze(0) } else { Ok(table) }
}

/// [.., length, pairs] beside [batch, length, heads, pairs].
fn beside(table: &Tensor) -> Result<Tensor> {
    table.unsqueeze(D::Minus2)
}

fn rotated(first: &Tensor, second: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<(Tensor, Tensor)> {
    let (cos, sin) = (beside(cos)?, beside(sin)?);
    let real = (first.broadcast_mul(&cos)? - second.broadcast_mul(&sin)?)?;
    let imaginary = (first.broadcast_mul(&sin)? + second.broadcast_mul(&cos)?)?;
    Ok((real, imaginary))
}

/// Candle's rope_slow for this order of dimensions: that one wants [batch, heads, length, size], and one table for all sequences.
fn halves(x: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<Tensor> {
    let half = x.dim(D::Minus1)? / 2;
    let (first, second) = (x.narrow(D::Minus1, 0, half)?, x.narrow(D::Minus1, half, half)?);
    let (real, imaginary) = rotated(&first, &second, cos, sin)?;
    Tensor::cat(&[&real, &imaginary], D::Minus1)
}

fn pairs(x: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<Tensor> {
    let (batch, length, heads, size) = x.dims4()?;
    let pairs = x.reshape((batch, length, heads, size / 2, 2))?;
    let part = |place| pairs.narrow(D::Minus1, place, 1)?.squeeze(D::Minus1);
    let (real, imaginary) = rotated(&part(0)?, &part(1)?, cos, sin)?;
    Tensor::stack(&[&real, &imaginary], D::Minus1)?.reshape((batch, length, heads, size))
}
