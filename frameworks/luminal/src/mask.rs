//! Which keys the queries of an attention see, and what is added to their scores.

use assay_runner::{AttentionSizes, Dtype, Node};

use crate::emitter::{Emitted, Emitter, Id, elements};
use crate::movement::strides;

/// Stands for minus infinity where it meets products: 0 times infinity is no number.
const HIDDEN: f32 = -1e30;

/// Each [query, head, key]; None: all keys are seen, nothing is added.
pub struct Mask {
    added: Option<Id>,
    /// 1 where a key is seen, else 0. Only where a query may see none.
    seen: Option<Id>,
}

struct Space<'a> {
    node: &'a Node,
    sizes: &'a AttentionSizes,
    image: usize,
}

impl Space<'_> {
    fn dims(&self) -> [usize; 3] {
        [self.sizes.q_length, self.sizes.q_heads, self.sizes.total_length()]
    }

    fn n(&self) -> usize {
        elements(&self.dims())
    }

    fn constant(&self, e: &mut Emitter, number: impl Fn(usize, usize) -> f32) -> Id {
        let [queries, heads, keys] = self.dims();
        let place = |i: usize| (i / (heads * keys), i % keys);
        e.constant((0..queries * heads * keys).map(place).map(|(q, k)| number(q, k)).collect())
    }
}

impl Mask {
    pub fn of(e: &mut Emitter, node: &Node, sizes: &AttentionSizes, image: usize) -> Result<Self, String> {
        let space = Space { node, sizes, image };
        let mut mask = Self { added: None, seen: None };
        if node.flag("is_causal", false) && node.input(6).is_none() {
            mask.hide_later_keys(e, &space);
        }
        if node.input(6).is_some() {
            mask.hide_padding(e, &space)?;
        }
        if node.input(3).is_some() {
            mask.take_input(e, &space)?;
        }
        Ok(mask)
    }

    fn hide_later_keys(&mut self, e: &mut Emitter, space: &Space) {
        let seen = |q: usize, k: usize| space.sizes.is_seen(q, k);
        if (0..space.dims()[2]).all(|k| seen(0, k)) {
            return;
        }
        self.added = Some(space.constant(e, |q, k| if seen(q, k) { 0.0 } else { HIDDEN }));
        if space.node.input(3).is_some() || !seen(0, 0) {
            self.seen = Some(space.constant(e, |q, k| f32::from(u8::from(seen(q, k)))));
        }
    }

    /// Keys beyond a number that a step is given; where attention is causal, the last query sees the last of them.
    fn hide_padding(&mut self, e: &mut Emitter, space: &Space) -> Result<(), String> {
        let n = space.n();
        let (lengths, batch) = (e.input(space.node, 6), space.sizes.batch);
        let own = e.gather(lengths, batch, vec![space.image], 1)?;
        let length = e.along_rows(own, 1, n);
        let place = space.constant(e, |_, k| k as f32);
        let mut seen = e.less(place, length, n);
        if space.node.flag("is_causal", false) {
            let place = space.constant(e, |q, k| k as f32 - q as f32 + space.dims()[0] as f32 - 1.0);
            let before = e.less(place, length, n);
            seen = e.mul(seen, before, n);
        }
        self.hide(e, seen, n);
        Ok(())
    }

    fn take_input(&mut self, e: &mut Emitter, space: &Space) -> Result<(), String> {
        let value = e.graph.value(space.node.input(3).expect("it is there"));
        let (n, size, length) =
            (space.n(), elements(&value.shape), *value.shape.last().expect("a mask has dimensions"));
        let source = e.input(space.node, 3);
        if value.dtype == Dtype::BOOL {
            let seen = wide(e, space, &value.shape, source)?;
            self.hide(e, seen, n);
            return Ok(());
        }
        let bounded = e.at_least(source, HIDDEN, size);
        let numbers = wide(e, space, &value.shape, bounded)?;
        self.add(e, numbers, n);
        let seen = e.greater_than(numbers, HIDDEN / 10.0, n);
        self.see(e, seen, n);
        if length < space.dims()[2] {
            let within = space.constant(e, |_, k| f32::from(u8::from(k < length)));
            self.hide(e, within, n);
        }
        Ok(())
    }

    fn hide(&mut self, e: &mut Emitter, seen: Id, n: usize) {
        let minus = e.offset(seen, -1.0, n);
        let numbers = e.scale(minus, -HIDDEN, n);
        self.add(e, numbers, n);
        self.see(e, seen, n);
    }

    fn add(&mut self, e: &mut Emitter, numbers: Id, n: usize) {
        self.added = Some(self.added.map_or(numbers, |added| e.add(added, numbers, n)));
    }

    fn see(&mut self, e: &mut Emitter, seen: Id, n: usize) {
        self.seen = Some(self.seen.map_or(seen, |before| e.mul(before, seen, n)));
    }

    pub fn added_to(&self, e: &mut Emitter, scores: Id, n: usize) -> Id {
        self.added.map_or(scores, |added| e.add(scores, added, n))
    }

    /// As `Emitter::softmax_parts`; all zeros in a row that sees nothing.
    pub fn softmax(&self, e: &mut Emitter, masked: Id, rows: usize, keys: usize) -> (Id, Id) {
        let (powers, inverse) = e.softmax_parts(masked, rows, keys);
        let Some(seen) = self.seen else { return (powers, inverse) };
        let powers = e.mul(powers, seen, rows * keys);
        let sums = e.row_sums(powers, rows, keys);
        let sums = e.offset(sums, f32::MIN_POSITIVE, rows);
        (powers, e.recip(sums, rows))
    }

    /// What stands for minus infinity becomes it: log2 of 1 or 0 is added.
    pub fn with_infinities(&self, e: &mut Emitter, masked: Id, n: usize) -> Id {
        let Some(added) = self.added else { return masked };
        let seen = e.greater_than(added, HIDDEN / 10.0, n);
        let infinities = e.log2(seen, n);
        e.add(masked, infinities, n)
    }
}

/// The mask of one image, [query, head, key]; 0 for keys beyond its end.
fn wide(e: &mut Emitter, space: &Space, shape: &[usize], source: Id) -> Emitted {
    let steps = strides(shape);
    // Of the dimension that is so far from the end; those of size 1 are repeated.
    let stride = |back: usize| match shape.len().checked_sub(back) {
        Some(axis) if shape[axis] > 1 => steps[axis] as usize,
        _ => 0,
    };
    let (size, length) = (elements(shape), shape[shape.len() - 1]);
    let [queries, heads, keys] = space.dims();
    let (source, padded) = if length < keys { e.with_zeros(source, size, 1) } else { (source, size) };
    let place = |i: usize| {
        let (q, h, k) = (i / (heads * keys), i / keys % heads, i % keys);
        if k < length { space.image * stride(4) + h * stride(3) + q * stride(2) + k } else { size }
    };
    e.gather(source, padded, (0..queries * heads * keys).map(place).collect(), 1)
}
