//! GridSample, by the SDK: the image's rows of channels are gathered by the pixels that each place of the grid reads.

use std::cell::RefCell;

use assay_runner::{GridSample, Node, Sampled};

use crate::emitter::{Emitted, Emitter, Id, elements};

/// The image as rows of channels, its shape [batch, channels, spatial…]; places of all sequences one behind the other; or their rows,
/// [places, channels].
#[derive(Clone)]
struct Sample<'a, 'g> {
    e: &'a RefCell<&'a mut Emitter<'g>>,
    id: Id,
    shape: Vec<usize>,
}

pub fn grid_sample(e: &mut Emitter, node: &Node) -> Emitted {
    let (plan, shape) = (GridSample::of(e.graph, node), e.shape(node, 0).to_vec());
    let (batch, channels, rank) = (shape[0], shape[1], shape.len() - 2);
    let count = elements(e.shape(node, 1)) / rank;
    let (x, given) = (e.input(node, 0), e.input(node, 1));
    let rows = e.swap_inner(x, batch, channels, elements(&shape[2..]))?;
    // The grid names the last dimension first.
    let along = |axis: usize| e.view(given, count * rank, &[(count, rank as isize)], (rank - 1 - axis) as isize);
    let columns = (0..rank).map(along).collect::<Result<Vec<Id>, _>>()?;
    let e = RefCell::new(e);
    let places: Vec<_> = columns.into_iter().map(|id| Sample { e: &e, id, shape: vec![count] }).collect();
    let sampled = plan.sample(&Sample { e: &e, id: rows, shape }, &places)?.id;
    e.borrow_mut().swap_inner(sampled, batch, count / batch, channels)
}

impl Sample<'_, '_> {
    /// Of the same shape, by what is emitted for so many elements.
    fn with(&self, emit: impl FnOnce(&mut Emitter, usize) -> Id) -> Result<Self, String> {
        let id = emit(&mut self.e.borrow_mut(), elements(&self.shape));
        Ok(Self { id, ..self.clone() })
    }
}

impl Sampled for Sample<'_, '_> {
    type Error = String;

    fn affine(&self, factor: f64, summand: f64) -> Result<Self, String> {
        self.with(|e, n| {
            let scaled = e.scale(self.id, factor as f32, n);
            e.offset(scaled, summand as f32, n)
        })
    }

    fn plus(&self, other: &Self) -> Result<Self, String> {
        self.with(|e, n| e.add(self.id, other.id, n))
    }

    fn times(&self, other: &Self) -> Result<Self, String> {
        self.with(|e, n| e.mul(self.id, other.id, n))
    }

    fn absolute(&self) -> Result<Self, String> {
        self.with(|e, n| e.abs(self.id, n))
    }

    fn floored(&self) -> Result<Self, String> {
        self.with(|e, n| e.floor(self.id, n))
    }

    fn rounded(&self) -> Result<Self, String> {
        self.with(|e, n| e.rounded(self.id, n))
    }

    fn clamped(&self, low: f64, high: f64) -> Result<Self, String> {
        self.with(|e, n| {
            let [low, high] = [low, high].map(|bound| e.filled(bound as f32, n));
            let x = e.larger(self.id, low, n);
            e.smaller(x, high, n)
        })
    }

    fn is_within(&self, low: f64, high: f64) -> Result<Self, String> {
        self.with(|e, n| {
            let (below, above) = (e.less_than(self.id, low as f32, n), e.greater_than(self.id, high as f32, n));
            let outside = e.add(below, above, n);
            e.complement(outside, n)
        })
    }

    fn looked_up(&self, pixels: &[Self]) -> Result<Self, String> {
        let (batch, channels, sizes) = (self.shape[0], self.shape[1], &self.shape[2..]);
        let (points, count) = (elements(sizes), elements(&pixels[0].shape));
        let mut e = self.e.borrow_mut();
        let mut place = e.constant((0..count).map(|i| (i / (count / batch)) as f32).collect());
        for (pixel, &size) in pixels.iter().zip(sizes) {
            let before = e.scale(place, size as f32, count);
            place = e.add(before, pixel.id, count);
        }
        let id = e.gather_by(self.id, batch * points * channels, place, count, channels);
        Ok(Self { e: self.e, id, shape: vec![count, channels] })
    }

    fn weighted(&self, weights: &Self) -> Result<Self, String> {
        self.with(|e, n| {
            let weights = e.along_rows(weights.id, self.shape[0], self.shape[1]);
            e.mul(self.id, weights, n)
        })
    }
}
