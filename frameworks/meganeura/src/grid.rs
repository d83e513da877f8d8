//! GridSample: the pixels that each place of the grid reads along every dimension, and with which weights, are computed; as rows that have the weights
//! where the pixels are, they are multiplied with the image's rows of channels.

use assay_runner::Node;
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter};
use crate::gathered::check_size;
use crate::waves::polynomial;

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Nearest,
    Linear,
    Cubic,
}

#[derive(Clone, Copy, PartialEq)]
enum Beyond {
    Zeros,
    Border,
    Reflection,
}

/// One dimension of the image.
struct Axis {
    size: usize,
    mode: Mode,
    beyond: Beyond,
    corners: bool,
}

/// Of each place the pixel that is read, within the image, and its weight.
#[derive(Clone, Copy)]
struct Tap {
    pixel: NodeId,
    weight: NodeId,
}

pub fn grid_sample(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, grid) = (e.shape(node, 0), e.shape(node, 1));
    let (batch, channels, image) = (shape[0], shape[1], &shape[2..]);
    let (rank, points): (usize, usize) = (image.len(), image.iter().product());
    let count = grid.iter().product::<usize>() / rank;
    check_size(count * points)?;
    let given = e.input(node, 1)?;
    let (start, weight) = (e.graph.constant(vec![0.0; count], &[count]), e.graph.constant(vec![1.0; count], &[count]));
    let mut taps = vec![Tap { pixel: start, weight }];
    for (d, &size) in image.iter().enumerate() {
        let axis = Axis::of(node, size);
        // The grid names the last dimension first.
        let column: Vec<_> = (0..count).map(|place| place * rank + rank - 1 - d).collect();
        let place = e.pick(given, &column);
        let own = axis.taps(e, place);
        let step = image[d + 1..].iter().product::<usize>();
        taps = joined(e, &taps, &own, step as f64);
    }
    let mut all = None;
    for tap in taps {
        let ones = e.one_hot(tap.pixel, points);
        let weights = e.rows(tap.weight, 1);
        let weights = e.graph.broadcast_inner(weights, points);
        let own = e.graph.mul(ones, weights);
        all = Some(all.map_or(own, |all| e.graph.add(all, own)));
    }
    let (all, x) = (all.ok_or("no tap")?, e.input(node, 0)?);
    let rows = e.turned(x, batch, channels, points);
    let y = e.products(all, rows, batch, [count / batch, points, channels]);
    Ok(e.turned(y, batch, count / batch, channels))
}

/// Each with each, the pixels of the second so far apart.
fn joined(e: &mut Emitter, first: &[Tap], second: &[Tap], step: f64) -> Vec<Tap> {
    let mut all = Vec::new();
    for a in first {
        for b in second {
            let way = e.times(b.pixel, step);
            all.push(Tap { pixel: e.graph.add(a.pixel, way), weight: e.graph.mul(a.weight, b.weight) });
        }
    }
    all
}

impl Axis {
    fn of(node: &Node, size: usize) -> Self {
        let mode = match node.text("mode", "linear") {
            "nearest" => Mode::Nearest,
            "cubic" => Mode::Cubic,
            _ => Mode::Linear,
        };
        let beyond = match node.text("padding_mode", "zeros") {
            "border" => Beyond::Border,
            "reflection" => Beyond::Reflection,
            _ => Beyond::Zeros,
        };
        Self { size, mode, beyond, corners: node.flag("align_corners", false) }
    }

    /// The image's ends: the middles of its outer pixels, or their outer sides.
    fn ends(&self) -> (f64, f64) {
        let last = self.size as f64 - 1.0;
        if self.corners { (0.0, last) } else { (-0.5, last + 0.5) }
    }

    fn taps(&self, e: &mut Emitter, place: NodeId) -> Vec<Tap> {
        let (low, high) = self.ends();
        let scaled = e.times(place, (high - low) / 2.0);
        let mut x = e.plus(scaled, (high + low) / 2.0);
        if self.mode == Mode::Nearest {
            x = e.rounded(x);
        }
        x = match self.beyond {
            Beyond::Zeros => x,
            Beyond::Border => self.where_outside(e, x, Self::clamped),
            Beyond::Reflection => self.where_outside(e, x, Self::reflected),
        };
        let floor = e.floor(x);
        let distances = match self.mode {
            Mode::Nearest => return vec![self.tap(e, x, None)],
            Mode::Linear => 0..2,
            Mode::Cubic => -1..3,
        };
        let at = |distance: i32| {
            let pixel = e.plus(floor, f64::from(distance));
            let way = e.minus(x, pixel);
            let weight = self.weight(e, way);
            self.tap(e, pixel, Some(weight))
        };
        distances.map(at).collect()
    }

    fn where_outside(&self, e: &mut Emitter, x: NodeId, moved: fn(&Self, &mut Emitter, NodeId) -> NodeId) -> NodeId {
        let (low, high) = self.ends();
        let (below, above) = (e.below(x, low), e.above(x, high));
        let outside = e.graph.add(below, above);
        let other = moved(self, e, x);
        e.select(outside, other, x)
    }

    fn clamped(&self, e: &mut Emitter, x: NodeId) -> NodeId {
        let [first, last] = [0.0, self.size as f64 - 1.0].map(|bound| e.filled(bound as f32, x));
        let x = e.larger(x, first, true);
        e.larger(x, last, false)
    }

    /// Turned back at the ends as often as it takes.
    fn reflected(&self, e: &mut Emitter, x: NodeId) -> NodeId {
        let (low, high) = self.ends();
        let range = high - low;
        if range <= 0.0 {
            return e.filled(low as f32, x);
        }
        let from_low = e.plus(x, -low);
        let distance = e.graph.abs(from_low);
        let periods = e.times(distance, 0.5 / range);
        let periods = e.floor(periods);
        let taken = e.times(periods, 2.0 * range);
        let folded = e.minus(distance, taken);
        let back = e.times(folded, -1.0);
        let back = e.plus(back, 2.0 * range);
        let nearer = e.larger(folded, back, false);
        e.plus(nearer, low)
    }

    /// A pixel that lies outside of the image is another one, or weighs nothing. No weight: 1.
    fn tap(&self, e: &mut Emitter, pixel: NodeId, weight: Option<NodeId>) -> Tap {
        let last = self.size as f64 - 1.0;
        let mut weight = weight.unwrap_or_else(|| e.filled(1.0, pixel));
        let mut inner = pixel;
        if self.beyond == Beyond::Reflection {
            let other = self.reflected(e, pixel);
            let other = e.truncated(other);
            let (below, above) = (e.below(pixel, 0.0), e.above(pixel, last));
            let outside = e.graph.add(below, above);
            inner = e.select(outside, other, pixel);
        }
        if self.beyond == Beyond::Zeros {
            let (after, before) = (e.above(pixel, -0.5), e.below(pixel, last + 0.5));
            let inside = e.graph.mul(after, before);
            weight = e.graph.mul(weight, inside);
        }
        Tap { pixel: self.clamped(e, inner), weight }
    }

    /// Of a pixel so far away: what is left to 1, or Keys' cubic convolution with a = -0.75.
    fn weight(&self, e: &mut Emitter, way: NodeId) -> NodeId {
        let distance = e.graph.abs(way);
        if self.mode == Mode::Linear {
            return e.complement(distance);
        }
        let near = polynomial(e, distance, &[1.0, 0.0, -2.25, 1.25]);
        let far = polynomial(e, distance, &[3.0, -6.0, 3.75, -0.75]);
        let beyond_one = e.above(distance, 1.0);
        e.select(beyond_one, far, near)
    }
}
