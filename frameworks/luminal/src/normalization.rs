//! Normalizations, of rows [rows, size] each; where a factor a row and one a column meet, their outer product is one product with x.

use assay_runner::Node;

use crate::emitter::{Emitted, Emitter, Id, elements};

/// Y, and mean and inverse deviation where they are wanted.
pub fn layer_norm(e: &mut Emitter, node: &Node) -> Result<Vec<Id>, String> {
    let shape = e.shape(node, 0);
    let axis = node.axis(-1, shape.len());
    let (rows, size) = (elements(&shape[..axis]), elements(&shape[axis..]));
    let x = e.input(node, 0);
    let mean = e.row_means(x, rows, size);
    let means = e.along_rows(mean, rows, size);
    let centred = e.sub(x, means, rows * size);
    let inverse = e.inverse_deviation(centred, rows, size, node.real("epsilon", 1e-5));
    let gamma = e.wide_input(node, 1, &shape[axis..])?;
    let factors = e.outer(inverse, rows, gamma, size);
    let mut y = e.mul(centred, factors, rows * size);
    if node.input(2).is_some() {
        let beta = e.wide_input(node, 2, &shape[axis..])?;
        let beta = e.along_columns(beta, rows, size);
        y = e.add(y, beta, rows * size);
    }
    Ok(vec![y, mean, inverse])
}

pub fn rms_norm(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let axis = node.axis(-1, shape.len());
    let (rows, size) = (elements(&shape[..axis]), elements(&shape[axis..]));
    let x = e.input(node, 0);
    let inverse = e.inverse_deviation(x, rows, size, node.real("epsilon", 1e-5));
    let gamma = e.wide_input(node, 1, &shape[axis..])?;
    let factors = e.outer(inverse, rows, gamma, size);
    Ok(e.mul(x, factors, rows * size))
}

pub fn group_norm(e: &mut Emitter, node: &Node) -> Emitted {
    of_groups(e, node, node.int("num_groups", 1) as usize)
}

/// Each channel of an image is a group of its own.
pub fn instance_norm(e: &mut Emitter, node: &Node) -> Emitted {
    let channels = e.shape(node, 0)[1];
    of_groups(e, node, channels)
}

/// By the sum of magnitudes or the root of squares along an axis; zeros stay where all are zero.
pub fn lp_norm(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let axis = node.axis(-1, shape.len());
    let (outer, size, inner) = (elements(&shape[..axis]), shape[axis], elements(&shape[axis + 1..]));
    let (rows, n) = (outer * inner, elements(shape));
    let x = e.input(node, 0);
    let x = e.swap_inner(x, outer, size, inner)?;
    let squares = node.int("p", 2) == 2;
    let parts = if squares { e.mul(x, x, n) } else { e.abs(x, n) };
    let sums = e.row_sums(parts, rows, size);
    let norms = if squares { e.sqrt(sums, rows) } else { sums };
    let positive = e.offset(norms, f32::MIN_POSITIVE, rows);
    let inverse = e.recip(positive, rows);
    let inverse = e.along_rows(inverse, rows, size);
    let y = e.mul(x, inverse, n);
    e.swap_inner(y, outer, inner, size)
}

/// By a power of the mean square of the channels around: sums over a band of channels are a product.
pub fn local_response(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, size) = (e.shape(node, 0), node.int("size", 1) as usize);
    let (channels, n, before) = (shape[1], elements(shape), (size - 1) / 2);
    let x = e.input(node, 0);
    let squares = e.mul(x, x, n);
    let is_near = |i: usize, j: usize| j + before >= i && j < i + size - before;
    let band = (0..channels * channels).map(|p| f32::from(u8::from(is_near(p / channels, p % channels)))).collect();
    let sums = e.along_axis(squares, shape, 1, band, channels)?;
    let scaled = e.scale(sums, node.real("alpha", 0.0001) as f32 / size as f32, n);
    let base = e.offset(scaled, node.real("bias", 1.0) as f32, n);
    let log = e.log2(base, n);
    let log = e.scale(log, -node.real("beta", 0.75) as f32, n);
    let factor = e.exp2(log, n);
    Ok(e.mul(x, factor, n))
}

fn of_groups(e: &mut Emitter, node: &Node, groups: usize) -> Emitted {
    let shape = e.shape(node, 0);
    let (batch, channels, points) = (shape[0], shape[1], elements(&shape[2..]));
    let (rows, size) = (batch * groups, channels / groups * points);
    let x = e.input(node, 0);
    let mean = e.row_means(x, rows, size);
    let means = e.along_rows(mean, rows, size);
    let centred = e.sub(x, means, rows * size);
    let inverse = e.inverse_deviation(centred, rows, size, node.real("epsilon", 1e-5));
    // One factor and one summand a channel of each image.
    let inverse = e.along_rows(inverse, rows, channels / groups);
    let gamma = e.repeated_input(node, 1, batch, channels);
    let factor = e.mul(inverse, gamma, batch * channels);
    let beta = e.repeated_input(node, 2, batch, channels);
    Ok(e.affine(centred, factor, beta, batch * channels, points))
}

pub fn batch_norm(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let (batch, channels, points) = (shape[0], shape[1], elements(&shape[2..]));
    let [x, gamma, beta, mean, variance] = [0, 1, 2, 3, 4].map(|place| e.input(node, place));
    let variance = e.offset(variance, node.real("epsilon", 1e-5) as f32, channels);
    let deviation = e.sqrt(variance, channels);
    let inverse = e.recip(deviation, channels);
    let factor = e.mul(gamma, inverse, channels);
    let shift = e.mul(mean, factor, channels);
    let summand = e.sub(beta, shift, channels);
    let factor = e.along_columns(factor, batch, channels);
    let summand = e.along_columns(summand, batch, channels);
    Ok(e.affine(x, factor, summand, batch * channels, points))
}

impl Emitter<'_> {
    pub fn row_means(&mut self, x: Id, rows: usize, size: usize) -> Id {
        let sums = self.row_sums(x, rows, size);
        self.scale(sums, 1.0 / size as f32, rows)
    }

    /// 1 / √(mean square of each row + epsilon)
    fn inverse_deviation(&mut self, x: Id, rows: usize, size: usize, epsilon: f64) -> Id {
        let squares = self.mul(x, x, rows * size);
        let mean = self.row_means(squares, rows, size);
        let mean = self.offset(mean, epsilon as f32, rows);
        let deviation = self.sqrt(mean, rows);
        self.recip(deviation, rows)
    }

    /// x [rows, size] times a factor a row, plus a summand a row.
    fn affine(&mut self, x: Id, factor: Id, summand: Id, rows: usize, size: usize) -> Id {
        let factors = self.along_rows(factor, rows, size);
        let product = self.mul(x, factors, rows * size);
        let summands = self.along_rows(summand, rows, size);
        self.add(product, summands, rows * size)
    }

    /// An input that is broadcast to `shape`.
    fn wide_input(&mut self, node: &Node, place: usize, shape: &[usize]) -> Emitted {
        let source = self.input(node, place);
        let from = self.shape(node, place);
        self.expand(source, from, shape)
    }

    /// [channels] -> [batch, channels]
    fn repeated_input(&mut self, node: &Node, place: usize, batch: usize, channels: usize) -> Id {
        let source = self.input(node, place);
        self.along_columns(source, batch, channels)
    }
}
