//! GridSample, by the SDK: rows that have the weights where the pixels are that a place of the grid reads are multiplied with the image's rows of
//! channels.

use std::cell::RefCell;

use assay_runner::{GridSample, Node, Sampled};
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter};
use crate::gathered::check_size;

/// Places of all sequences one behind the other; or for each the weights of all pixels, which the image's rows are multiplied with at the end.
#[derive(Clone)]
struct Sample<'a, 'g> {
    e: &'a RefCell<&'a mut Emitter<'g>>,
    id: NodeId,
    /// The image's spatial dimensions.
    sizes: &'a [usize],
}

pub fn grid_sample(e: &mut Emitter, node: &Node) -> Emitted {
    let (plan, shape) = (GridSample::of(e.source, node), e.shape(node, 0).to_vec());
    let (batch, channels, sizes) = (shape[0], shape[1], &shape[2..]);
    let (rank, points): (usize, usize) = (sizes.len(), sizes.iter().product());
    let count = e.shape(node, 1).iter().product::<usize>() / rank;
    check_size(count * points)?;
    let (x, given) = (e.input(node, 0)?, e.input(node, 1)?);
    // The grid names the last dimension first.
    let column = |axis: usize| (0..count).map(|place| place * rank + rank - 1 - axis).collect::<Vec<_>>();
    let columns: Vec<_> = (0..rank).map(|axis| e.pick(given, &column(axis))).collect();
    let e = RefCell::new(e);
    let places: Vec<_> = columns.into_iter().map(|id| Sample { e: &e, id, sizes }).collect();
    let weights = plan.sample(&Sample { e: &e, id: x, sizes }, &places)?.id;
    let mut e = e.borrow_mut();
    let rows = e.turned(x, batch, channels, points);
    let y = e.products(weights, rows, batch, [count / batch, points, channels]);
    Ok(e.turned(y, batch, count / batch, channels))
}

impl Sample<'_, '_> {
    fn with(&self, emit: impl FnOnce(&mut Emitter) -> NodeId) -> Result<Self, String> {
        let id = emit(&mut self.e.borrow_mut());
        Ok(Self { id, ..self.clone() })
    }
}

impl Sampled for Sample<'_, '_> {
    type Error = String;

    fn affine(&self, factor: f64, summand: f64) -> Result<Self, String> {
        self.with(|e| {
            let scaled = e.times(self.id, factor);
            e.plus(scaled, summand)
        })
    }

    fn plus(&self, other: &Self) -> Result<Self, String> {
        self.with(|e| e.graph.add(self.id, other.id))
    }

    fn times(&self, other: &Self) -> Result<Self, String> {
        self.with(|e| e.graph.mul(self.id, other.id))
    }

    fn absolute(&self) -> Result<Self, String> {
        self.with(|e| e.graph.abs(self.id))
    }

    fn floored(&self) -> Result<Self, String> {
        self.with(|e| e.floor(self.id))
    }

    fn rounded(&self) -> Result<Self, String> {
        self.with(|e| e.rounded(self.id))
    }

    fn clamped(&self, low: f64, high: f64) -> Result<Self, String> {
        self.with(|e| {
            let [low, high] = [low, high].map(|bound| e.filled(bound as f32, self.id));
            let x = e.larger(self.id, low, true);
            e.larger(x, high, false)
        })
    }

    fn is_within(&self, low: f64, high: f64) -> Result<Self, String> {
        self.with(|e| {
            let (below, above) = (e.below(self.id, low), e.above(self.id, high));
            let outside = e.graph.add(below, above);
            e.complement(outside)
        })
    }

    fn looked_up(&self, pixels: &[Self]) -> Result<Self, String> {
        self.with(|e| {
            let place = pixels.iter().zip(self.sizes).skip(1).fold(pixels[0].id, |place, (pixel, &size)| {
                let before = e.times(place, size as f64);
                e.graph.add(before, pixel.id)
            });
            e.one_hot(place, self.sizes.iter().product())
        })
    }

    fn weighted(&self, weights: &Self) -> Result<Self, String> {
        self.with(|e| {
            let weights = e.rows(weights.id, 1);
            let weights = e.graph.broadcast_inner(weights, self.sizes.iter().product());
            e.graph.mul(self.id, weights)
        })
    }
}
