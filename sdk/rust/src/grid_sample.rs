//! GridSample: an image read at the places of a grid, in any number of spatial dimensions, for frameworks that have no such function, or not in
//! every mode. Pixels are looked up and mixed by their distance.

use crate::graph::{Graph, Node};

/// What sampling asks of a framework's tensors. Places are [batch, places], whole numbers where they are of pixels.
pub trait Sampled: Clone {
    type Error;
    /// Each number times `factor` plus `summand`.
    fn affine(&self, factor: f64, summand: f64) -> Result<Self, Self::Error>;
    fn plus(&self, other: &Self) -> Result<Self, Self::Error>;
    fn times(&self, other: &Self) -> Result<Self, Self::Error>;
    fn absolute(&self) -> Result<Self, Self::Error>;
    fn floored(&self) -> Result<Self, Self::Error>;
    /// Halves to the even neighbour.
    fn rounded(&self) -> Result<Self, Self::Error>;
    fn clamped(&self, low: f64, high: f64) -> Result<Self, Self::Error>;
    /// 1 where low <= x <= high, else 0.
    fn is_within(&self, low: f64, high: f64) -> Result<Self, Self::Error>;
    /// Of an image [batch, channels, spatial…] the pixels at these places, one a spatial dimension: [batch, channels, places].
    fn looked_up(&self, pixels: &[Self]) -> Result<Self, Self::Error>;
    /// [batch, channels, places] by weights [batch, places].
    fn weighted(&self, weights: &Self) -> Result<Self, Self::Error>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Nearest,
    Linear,
    Cubic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beyond {
    Zeros,
    Border,
    Reflection,
}

/// A GridSample node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridSample {
    mode: Mode,
    beyond: Beyond,
    align_corners: bool,
    /// The image's spatial dimensions.
    sizes: Vec<usize>,
}

/// The pixels that places read along one dimension, and with which weights; None: whole ones.
type Tap<T> = (T, Option<T>);

impl GridSample {
    pub fn of(graph: &Graph, node: &Node) -> Self {
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
        let sizes = graph.shape(node, 0)[2..].to_vec();
        Self { mode, beyond, align_corners: node.flag("align_corners", false), sizes }
    }

    /// [batch, channels, places] of the image. `grid` has the coordinates of each spatial dimension, [batch, places]: the grid's own name the last
    /// dimension first.
    pub fn sample<T: Sampled>(&self, image: &T, grid: &[T]) -> Result<T, T::Error> {
        let axes = grid.iter().zip(&self.sizes).map(|(place, &size)| self.taps(place, size));
        let axes = axes.collect::<Result<Vec<Vec<Tap<T>>>, _>>()?;
        let count: usize = axes.iter().map(Vec::len).product();
        let mut total: Option<T> = None;
        for number in 0..count {
            let taps = chosen(&axes, number);
            let sampled = self.corner(image, &taps)?;
            total = Some(match total {
                Some(total) => total.plus(&sampled)?,
                None => sampled,
            });
        }
        Ok(total.expect("every dimension has a pixel"))
    }

    /// One pixel a dimension, weighted.
    fn corner<T: Sampled>(&self, image: &T, taps: &[&Tap<T>]) -> Result<T, T::Error> {
        let pixels: Vec<T> = taps.iter().map(|(pixel, _)| pixel.clone()).collect();
        let mut value = image.looked_up(&pixels)?;
        for weight in taps.iter().filter_map(|(_, weight)| weight.as_ref()) {
            value = value.weighted(weight)?;
        }
        Ok(value)
    }

    fn bounds(&self, size: usize) -> (f64, f64) {
        if self.align_corners { (0.0, size as f64 - 1.0) } else { (-0.5, size as f64 - 0.5) }
    }

    fn taps<T: Sampled>(&self, place: &T, size: usize) -> Result<Vec<Tap<T>>, T::Error> {
        let length = size as f64;
        // -1 and 1 are the middles of the outer pixels, or their outer sides.
        let x = match self.align_corners {
            true => place.affine((length - 1.0) / 2.0, (length - 1.0) / 2.0)?,
            false => place.affine(length / 2.0, (length - 1.0) / 2.0)?,
        };
        if self.mode == Mode::Nearest {
            let x = self.moved_inside(&x.rounded()?, size)?;
            return Ok(vec![self.tap(&x, size, None)?]);
        }
        let x = self.moved_inside(&x, size)?;
        let first = x.floored()?;
        let steps = if self.mode == Mode::Cubic { -1..=2 } else { 0..=1 };
        let tap = |step: i32| {
            let pixel = first.affine(1.0, f64::from(step))?;
            let distance = x.plus(&pixel.affine(-1.0, 0.0)?)?.absolute()?;
            let weight = if self.mode == Mode::Cubic { cubic(&distance, step)? } else { distance.affine(-1.0, 1.0)? };
            self.tap(&pixel, size, Some(weight))
        };
        steps.map(tap).collect()
    }

    /// What lies beyond the image before pixels are chosen.
    fn moved_inside<T: Sampled>(&self, x: &T, size: usize) -> Result<T, T::Error> {
        match self.beyond {
            Beyond::Zeros => Ok(x.clone()),
            Beyond::Border => x.clamped(0.0, size as f64 - 1.0),
            Beyond::Reflection => self.reflected_beyond(x, self.bounds(size), size),
        }
    }

    /// A pixel that may lie beyond the image, as one within, and its weight.
    fn tap<T: Sampled>(&self, pixel: &T, size: usize, weight: Option<T>) -> Result<Tap<T>, T::Error> {
        let last = size as f64 - 1.0;
        let (pixel, weight) = match self.beyond {
            Beyond::Zeros => {
                let inside = pixel.is_within(0.0, last)?;
                let weight = weight.map_or(Ok(inside.clone()), |weight| weight.times(&inside))?;
                (pixel.clone(), Some(weight))
            }
            Beyond::Border => (pixel.clone(), weight),
            Beyond::Reflection => (self.reflected_beyond(pixel, (0.0, last), size)?, weight),
        };
        Ok((pixel.clamped(0.0, last)?.rounded()?, weight))
    }

    /// Folded at the image's ends where it is not within the bounds.
    fn reflected_beyond<T: Sampled>(&self, x: &T, (from, to): (f64, f64), size: usize) -> Result<T, T::Error> {
        let (low, high) = self.bounds(size);
        let range = high - low;
        if range <= 0.0 {
            return x.affine(0.0, low);
        }
        let distance = x.affine(1.0, -low)?.absolute()?;
        let turns = distance.affine(1.0 / (2.0 * range), 0.0)?.floored()?;
        let rest = distance.plus(&turns.affine(-2.0 * range, 0.0)?)?;
        // range - |rest - range| goes up to the other end and back.
        let folded = rest.affine(1.0, -range)?.absolute()?.affine(-1.0, range + low)?;
        let within = x.is_within(from, to)?;
        x.times(&within)?.plus(&folded.times(&within.affine(-1.0, 1.0)?)?)
    }
}

/// One of each dimension's taps.
fn chosen<T>(axes: &[Vec<Tap<T>>], mut number: usize) -> Vec<&Tap<T>> {
    axes.iter()
        .map(|taps| {
            let tap = &taps[number % taps.len()];
            number /= taps.len();
            tap
        })
        .collect()
}

/// Keys' cubic convolution with a = -0.75: the weight of a pixel so far away.
fn cubic<T: Sampled>(distance: &T, step: i32) -> Result<T, T::Error> {
    const A: f64 = -0.75;
    let square = distance.times(distance)?;
    match step {
        0 | 1 => distance.affine(A + 2.0, -A - 3.0)?.times(&square)?.affine(1.0, 1.0),
        _ => {
            let inner = distance.affine(A, -5.0 * A)?.times(distance)?.affine(1.0, 8.0 * A)?;
            inner.times(distance)?.affine(1.0, -4.0 * A)
        }
    }
}

#[cfg(test)]
#[path = "grid_sample_test.rs"]
mod tests;
