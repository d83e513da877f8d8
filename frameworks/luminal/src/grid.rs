//! GridSample: the pixels that each place of the grid reads along every dimension, and with which weights, are computed; the image's rows of
//! channels are gathered by them.

use assay_runner::Node;
use luminal::op::Mod;

use crate::emitter::{Emitted, Emitter, Id, elements};

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

/// One dimension of the image, read at `count` places.
struct Axis {
    size: usize,
    count: usize,
    mode: Mode,
    beyond: Beyond,
    corners: bool,
}

/// Of each place the pixel that is read, within the image, and its weight.
#[derive(Clone, Copy)]
struct Tap {
    pixel: Id,
    weight: Id,
}

pub fn grid_sample(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, grid) = (e.shape(node, 0), e.shape(node, 1));
    let (batch, channels, image) = (shape[0], shape[1], &shape[2..]);
    let (rank, points, count) = (image.len(), elements(image), elements(grid) / image.len());
    let x = e.input(node, 0);
    let rows = e.swap_inner(x, batch, channels, points)?;
    let starts = (0..count).map(|i| (i / (count / batch) * points) as f32).collect();
    let mut taps = vec![Tap { pixel: e.constant(starts), weight: e.filled(1.0, count) }];
    for (d, &size) in image.iter().enumerate() {
        let axis = Axis::of(node, size, count);
        let given = e.input(node, 1);
        // The grid names the last dimension first.
        let column = (rank - 1 - d) as isize;
        let place = e.view(given, count * rank, &[(count, rank as isize)], column)?;
        let own = axis.taps(e, place);
        let step = elements(&image[d + 1..]) as f32;
        taps = joined(e, &taps, &own, step, count);
    }
    let mut sum = None;
    for tap in taps {
        let pixels = e.gather_by(rows, elements(shape), tap.pixel, count, channels);
        let weights = e.along_rows(tap.weight, count, channels);
        let part = e.mul(pixels, weights, count * channels);
        sum = Some(sum.map_or(part, |sum| e.add(sum, part, count * channels)));
    }
    e.swap_inner(sum.expect("a tap, at least"), batch, count / batch, channels)
}

/// Each with each, the pixels of the second so far apart.
fn joined(e: &mut Emitter, first: &[Tap], second: &[Tap], step: f32, n: usize) -> Vec<Tap> {
    let mut all = Vec::new();
    for a in first {
        for b in second {
            let way = e.scale(b.pixel, step, n);
            all.push(Tap { pixel: e.add(a.pixel, way, n), weight: e.mul(a.weight, b.weight, n) });
        }
    }
    all
}

impl Axis {
    fn of(node: &Node, size: usize, count: usize) -> Self {
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
        Self { size, count, mode, beyond, corners: node.flag("align_corners", false) }
    }

    /// The image's ends: the middles of its outer pixels, or their outer sides.
    fn ends(&self) -> (f32, f32) {
        let last = self.size as f32 - 1.0;
        if self.corners { (0.0, last) } else { (-0.5, last + 0.5) }
    }

    fn taps(&self, e: &mut Emitter, place: Id) -> Vec<Tap> {
        let n = self.count;
        let (low, high) = self.ends();
        let scaled = e.scale(place, (high - low) / 2.0, n);
        let mut x = e.offset(scaled, (high + low) / 2.0, n);
        if self.mode == Mode::Nearest {
            x = e.rounded(x, n);
        }
        x = match self.beyond {
            Beyond::Zeros => x,
            Beyond::Border => self.where_outside(e, x, Self::clamped),
            Beyond::Reflection => self.where_outside(e, x, Self::reflected),
        };
        let floor = e.floor(x, n);
        let distances = match self.mode {
            Mode::Nearest => return vec![self.tap(e, x, None)],
            Mode::Linear => 0..2,
            Mode::Cubic => -1..3,
        };
        let at = |distance: i32| {
            let pixel = e.offset(floor, distance as f32, n);
            let way = e.sub(x, pixel, n);
            let weight = self.weight(e, way);
            self.tap(e, pixel, Some(weight))
        };
        distances.map(at).collect()
    }

    fn where_outside(&self, e: &mut Emitter, x: Id, moved: fn(&Self, &mut Emitter, Id) -> Id) -> Id {
        let (n, (low, high)) = (self.count, self.ends());
        let (below, above) = (e.less_than(x, low, n), e.greater_than(x, high, n));
        let outside = e.add(below, above, n);
        let other = moved(self, e, x);
        e.select(outside, other, x, n)
    }

    fn clamped(&self, e: &mut Emitter, x: Id) -> Id {
        let n = self.count;
        let [first, last] = [0.0, self.size as f32 - 1.0].map(|bound| e.filled(bound, n));
        let x = e.larger(x, first, n);
        e.smaller(x, last, n)
    }

    /// Turned back at the ends as often as it takes.
    fn reflected(&self, e: &mut Emitter, x: Id) -> Id {
        let (n, (low, high)) = (self.count, self.ends());
        let range = high - low;
        if range <= 0.0 {
            return e.filled(low, n);
        }
        let from_low = e.offset(x, -low, n);
        let distance = e.abs(from_low, n);
        let period = e.filled(2.0 * range, n);
        let folded = e.binary(Mod, distance, period, n);
        let back = e.scale(folded, -1.0, n);
        let back = e.offset(back, 2.0 * range, n);
        let nearer = e.smaller(folded, back, n);
        e.offset(nearer, low, n)
    }

    /// A pixel that lies outside of the image is another one, or weighs nothing. No weight: 1.
    fn tap(&self, e: &mut Emitter, pixel: Id, weight: Option<Id>) -> Tap {
        let (n, last) = (self.count, self.size as f32 - 1.0);
        let mut weight = weight.unwrap_or_else(|| e.filled(1.0, n));
        let mut inner = pixel;
        if self.beyond == Beyond::Reflection {
            let other = self.reflected(e, pixel);
            let other = e.truncated(other, n);
            let (below, above) = (e.less_than(pixel, 0.0, n), e.greater_than(pixel, last, n));
            let outside = e.add(below, above, n);
            inner = e.select(outside, other, pixel, n);
        }
        if self.beyond == Beyond::Zeros {
            let (after, before) = (e.greater_than(pixel, -0.5, n), e.less_than(pixel, last + 0.5, n));
            let inside = e.mul(after, before, n);
            weight = e.mul(weight, inside, n);
        }
        Tap { pixel: self.clamped(e, inner), weight }
    }

    /// Of a pixel so far away: what is left to 1, or Keys' cubic convolution with a = -0.75.
    fn weight(&self, e: &mut Emitter, way: Id) -> Id {
        let n = self.count;
        let distance = e.abs(way, n);
        if self.mode == Mode::Linear {
            return e.complement(distance, n);
        }
        let near = e.polynomial(distance, &[1.0, 0.0, -2.25, 1.25], n);
        let far = e.polynomial(distance, &[3.0, -6.0, 3.75, -0.75], n);
        let beyond_one = e.greater_than(distance, 1.0, n);
        e.select(beyond_one, far, near, n)
    }
}
