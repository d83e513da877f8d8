//! RotaryEmbedding. Burn's own module rotates neighbours by tables that it computes; this is the same on the graph's tables, for halves too.

use burn_backend::Backend;
use burn_backend::tensor::FloatTensor;

use crate::layout::part;
use crate::operators::{Emitted, Site, one_float};
use crate::value::{Value, reshape};

struct Rotation {
    /// [batch, length, heads, size], or [batch, heads, length, size] where heads come first.
    split: [usize; 4],
    heads_first: bool,
    /// How much of each head is rotated.
    rotated: usize,
    interleaved: bool,
    out: Vec<usize>,
    /// The tables are [positions, half], to be looked up.
    by_position: bool,
}

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.shape(0);
    let heads_first = shape.len() == 4;
    let split = match *shape.as_slice() {
        [batch, length, width] => {
            let heads = site.node.int("num_heads", 1).max(1) as usize;
            [batch, length, heads, width / heads]
        }
        [a, b, c, d] => [a, b, c, d],
        _ => return Err("the input has three or four dimensions".to_string()),
    };
    let rotated = match site.node.int("rotary_embedding_dim", 0) {
        0 => split[3],
        some => some as usize,
    };
    let interleaved = site.node.flag("interleaved", false);
    let rotation = Rotation { split, heads_first, rotated, interleaved, out: shape, by_position: site.given(3) };
    one_float(move |mut x| {
        let positions = x.given(3).map(Value::int);
        let [cos, sin] = [1, 2].map(|place| rotation.table::<B>(x.float(place), positions.clone()));
        rotation.apply::<B>(x.float(0), cos, sin)
    })
}

impl Rotation {
    fn half(&self) -> usize {
        self.rotated / 2
    }

    /// A table's rows for each position of each batch element, to be repeated for all heads.
    fn table<B: Backend>(
        &self,
        table: FloatTensor<B>,
        positions: Option<burn_backend::tensor::IntTensor<B>>,
    ) -> FloatTensor<B> {
        let [batch, length] = [self.split[0], if self.heads_first { self.split[2] } else { self.split[1] }];
        let table = match positions {
            Some(positions) if self.by_position => {
                B::float_select(table, 0, B::int_reshape(positions, [batch * length].into()))
            }
            _ => table,
        };
        let shape = if self.heads_first { [batch, 1, length, self.half()] } else { [batch, length, 1, self.half()] };
        reshape::<B>(table, &shape)
    }

    fn apply<B: Backend>(&self, x: FloatTensor<B>, cos: FloatTensor<B>, sin: FloatTensor<B>) -> FloatTensor<B> {
        let x = Value::<B>::Float(reshape::<B>(x, &self.split));
        let size = self.split[3];
        let rest = (self.rotated < size).then(|| part(x.clone(), 3, self.rotated, size).float());
        let turned = part(x, 3, 0, self.rotated).float();
        let turned =
            if self.interleaved { self.pairs::<B>(turned, cos, sin) } else { self.halves::<B>(turned, cos, sin) };
        let whole = match rest {
            Some(rest) => B::float_cat(vec![turned, rest], 3),
            None => turned,
        };
        reshape::<B>(whole, &self.out)
    }

    fn halves<B: Backend>(&self, x: FloatTensor<B>, cos: FloatTensor<B>, sin: FloatTensor<B>) -> FloatTensor<B> {
        let x = Value::<B>::Float(x);
        let (left, right) = (part(x.clone(), 3, 0, self.half()).float(), part(x, 3, self.half(), self.rotated).float());
        B::float_cat(turn::<B>(left, right, cos, sin).into(), 3)
    }

    /// Elements 2i and 2i + 1 belong together.
    fn pairs<B: Backend>(&self, x: FloatTensor<B>, cos: FloatTensor<B>, sin: FloatTensor<B>) -> FloatTensor<B> {
        let [a, b, c, _] = self.split;
        let x = Value::<B>::Float(reshape::<B>(x, &[a, b, c, self.half(), 2]));
        let column = |table: FloatTensor<B>| {
            let shape = [crate::value::shape_of::<B>(&table), vec![1]].concat();
            reshape::<B>(table, &shape)
        };
        let (even, odd) = (part(x.clone(), 4, 0, 1).float(), part(x, 4, 1, 2).float());
        let pairs = B::float_cat(turn::<B>(even, odd, column(cos), column(sin)).into(), 4);
        reshape::<B>(pairs, &[a, b, c, self.rotated])
    }
}

/// The vectors (x, y), turned.
fn turn<B: Backend>(
    x: FloatTensor<B>,
    y: FloatTensor<B>,
    cos: FloatTensor<B>,
    sin: FloatTensor<B>,
) -> [FloatTensor<B>; 2] {
    let (x_cos, x_sin) = (B::float_mul(x.clone(), cos.clone()), B::float_mul(x, sin.clone()));
    let (y_cos, y_sin) = (B::float_mul(y.clone(), cos), B::float_mul(y, sin));
    [B::float_sub(x_cos, y_sin), B::float_add(x_sin, y_cos)]
}
