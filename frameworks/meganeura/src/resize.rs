//! Images in other sizes.

use assay_runner::Node;

use crate::emitter::{Emitted, Emitter};
use crate::indexing::{map_of, strides_of};

/// Nearest neighbours: twice as many by the framework's own operator, any others by their places. Shares of two neighbours are products.
pub fn resize(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, output) = (e.shape(node, 0), e.output_shape(node));
    if node.text("mode", "nearest") != "nearest" {
        return linear(e, node);
    }
    let places = nearest(node, &Places::of(node, shape, output, e.source.constant_reals(node, 2)));
    let x = e.input(node, 0)?;
    if doubles(shape, output, &places) {
        let x = e.flat(x);
        let [batch, channels, height, width] = [0, 1, 2, 3].map(|axis| shape[axis] as u32);
        return Ok(e.graph.upsample_2x(x, batch, channels, height, width));
    }
    let strides = strides_of(shape);
    let source = |at: &[usize]| (0..shape.len()).map(|axis| places[axis][at[axis]] * strides[axis]).sum();
    Ok(e.pick(x, &map_of(output, source)))
}

/// Whether each element of an image comes twice in both directions.
fn doubles(shape: &[usize], output: &[usize], places: &[Vec<usize>]) -> bool {
    shape.len() == 4
        && output[..2] == shape[..2]
        && (2..4).all(|axis| output[axis] == 2 * shape[axis])
        && (2..4).all(|axis| places[axis].iter().enumerate().all(|(at, &place)| place == at / 2))
}

fn linear(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, output) = (e.shape(node, 0), e.output_shape(node));
    let places = Places::of(node, shape, output, e.source.constant_reals(node, 2));
    let (mut x, mut now) = (e.input(node, 0)?, shape.to_vec());
    for axis in 0..shape.len() {
        let (size, wide) = (shape[axis], output[axis]);
        if wide == size && places.scale(axis) == 1.0 {
            continue;
        }
        let weights = e.graph.constant(places.shares(axis), &[wide, size]);
        let (outer, inner) = (now[..axis].iter().product(), now[axis + 1..].iter().product::<usize>());
        let front = e.swapped(x, outer, size, inner);
        let front = e.rows(front, outer * inner);
        let product = e.graph.matmul(weights, front);
        x = e.swapped(product, wide, outer, inner);
        now[axis] = wide;
    }
    Ok(x)
}

/// Where the elements of the output lie in the input.
struct Places<'a> {
    shape: &'a [usize],
    output: &'a [usize],
    scales: Option<&'a [f32]>,
    form: &'a str,
}

impl<'a> Places<'a> {
    fn of(node: &'a Node, shape: &'a [usize], output: &'a [usize], scales: Option<&'a [f32]>) -> Self {
        let form = node.text("coordinate_transformation_mode", "half_pixel");
        Self { shape, output, scales: scales.filter(|all| !all.is_empty()), form }
    }

    fn scale(&self, axis: usize) -> f64 {
        self.scales.map_or(self.output[axis] as f64 / self.shape[axis] as f64, |all| f64::from(all[axis]))
    }

    fn coordinate(&self, axis: usize, at: usize) -> f64 {
        let (size, at, scale) = (self.shape[axis] as f64, at as f64, self.scale(axis));
        match self.form {
            "asymmetric" => at / scale,
            "align_corners" if scale * size == 1.0 => 0.0,
            "align_corners" => at * (size - 1.0) / (scale * size - 1.0),
            "pytorch_half_pixel" if self.output[axis] == 1 => 0.0,
            _ => (at + 0.5) / scale - 0.5,
        }
    }

    /// [wide, size]: each row has the shares of its two neighbours.
    fn shares(&self, axis: usize) -> Vec<f32> {
        let (size, wide) = (self.shape[axis], self.output[axis]);
        let mut shares = vec![0.0; wide * size];
        for at in 0..wide {
            let x = self.coordinate(axis, at).clamp(0.0, (size - 1) as f64);
            let low = x.floor() as usize;
            let share = (x - low as f64) as f32;
            shares[at * size + low] += 1.0 - share;
            shares[at * size + (low + 1).min(size - 1)] += share;
        }
        shares
    }
}

/// The input's place of each output's, by dimension.
fn nearest(node: &Node, places: &Places) -> Vec<Vec<usize>> {
    let rounding = node.text("nearest_mode", "round_prefer_floor");
    let place = |axis: usize, at: usize| {
        let (x, from) = (places.coordinate(axis, at), places.shape[axis] as f64);
        let rounded = match rounding {
            "floor" => x.floor(),
            "ceil" => x.ceil(),
            "round_prefer_ceil" => (x + 0.5).floor(),
            _ => (x - 0.5).ceil(),
        };
        rounded.clamp(0.0, from - 1.0) as usize
    };
    (0..places.shape.len()).map(|axis| (0..places.output[axis]).map(|at| place(axis, at)).collect()).collect()
}
