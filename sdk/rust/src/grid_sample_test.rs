use std::convert::Infallible;

use super::*;

/// One image of one channel, or one number a place.
#[derive(Clone)]
struct Numbers {
    shape: Vec<usize>,
    data: Vec<f64>,
}

impl Numbers {
    fn of(data: &[f64]) -> Self {
        Self { shape: vec![data.len()], data: data.to_vec() }
    }

    fn map(&self, function: impl Fn(f64) -> f64) -> Result<Self, Infallible> {
        Ok(Self { shape: self.shape.clone(), data: self.data.iter().map(|&x| function(x)).collect() })
    }

    fn zip(&self, other: &Self, function: impl Fn(f64, f64) -> f64) -> Result<Self, Infallible> {
        Ok(Self::of(&self.data.iter().zip(&other.data).map(|(&a, &b)| function(a, b)).collect::<Vec<_>>()))
    }
}

impl Sampled for Numbers {
    type Error = Infallible;

    fn affine(&self, factor: f64, summand: f64) -> Result<Self, Infallible> {
        self.map(|x| x * factor + summand)
    }

    fn plus(&self, other: &Self) -> Result<Self, Infallible> {
        self.zip(other, |a, b| a + b)
    }

    fn times(&self, other: &Self) -> Result<Self, Infallible> {
        self.zip(other, |a, b| a * b)
    }

    fn absolute(&self) -> Result<Self, Infallible> {
        self.map(f64::abs)
    }

    fn floored(&self) -> Result<Self, Infallible> {
        self.map(f64::floor)
    }

    fn rounded(&self) -> Result<Self, Infallible> {
        self.map(f64::round_ties_even)
    }

    fn clamped(&self, low: f64, high: f64) -> Result<Self, Infallible> {
        self.map(|x| x.clamp(low, high))
    }

    fn is_within(&self, low: f64, high: f64) -> Result<Self, Infallible> {
        self.map(|x| f64::from(u8::from((low..=high).contains(&x))))
    }

    fn looked_up(&self, pixels: &[Self]) -> Result<Self, Infallible> {
        let place = |i: usize| {
            pixels.iter().zip(&self.shape).fold(0, |all, (pixels, &size)| {
                assert_eq!(pixels.data[i].fract(), 0.0);
                all * size + pixels.data[i] as usize
            })
        };
        Ok(Self::of(&(0..pixels[0].data.len()).map(|i| self.data[place(i)]).collect::<Vec<_>>()))
    }

    fn weighted(&self, weights: &Self) -> Result<Self, Infallible> {
        self.times(weights)
    }
}

fn node(mode: Mode, beyond: Beyond, align_corners: bool, sizes: &[usize]) -> GridSample {
    GridSample { mode, beyond, align_corners, sizes: sizes.to_vec() }
}

/// A row of 10, 20 and 30 at these places.
fn row(mode: Mode, beyond: Beyond, align_corners: bool, places: &[f64]) -> Vec<f64> {
    let Ok(found) =
        node(mode, beyond, align_corners, &[3]).sample(&Numbers::of(&[10.0, 20.0, 30.0]), &[Numbers::of(places)]);
    found.data
}

#[test]
fn the_ends_are_those_of_the_outer_pixels_or_their_middles() {
    assert_eq!(row(Mode::Linear, Beyond::Zeros, false, &[0.0, -1.0, 1.0 / 3.0]), [20.0, 5.0, 25.0]);
    assert_eq!(row(Mode::Linear, Beyond::Zeros, true, &[0.0, -1.0, 1.0, -0.5]), [20.0, 10.0, 30.0, 15.0]);
}

#[test]
fn what_lies_beyond_is_nothing_or_the_border_or_folded() {
    assert_eq!(row(Mode::Linear, Beyond::Zeros, true, &[2.0, -3.0]), [0.0, 0.0]);
    assert_eq!(row(Mode::Linear, Beyond::Border, true, &[2.0, -3.0]), [30.0, 10.0]);
    assert_eq!(row(Mode::Linear, Beyond::Reflection, true, &[2.0, -3.0, 4.0]), [20.0, 30.0, 20.0]);
    assert_eq!(row(Mode::Linear, Beyond::Reflection, false, &[-1.0, 1.0]), [10.0, 30.0]);
}

#[test]
fn the_nearest_pixel_has_no_weight() {
    assert_eq!(row(Mode::Nearest, Beyond::Zeros, false, &[0.1, -0.9, 3.0]), [20.0, 10.0, 0.0]);
    assert_eq!(row(Mode::Nearest, Beyond::Border, false, &[3.0]), [30.0]);
}

#[test]
fn cubes_take_four_pixels() {
    assert_eq!(row(Mode::Cubic, Beyond::Zeros, true, &[0.0, -0.5]), [20.0, 15.0]);
    assert_eq!(row(Mode::Cubic, Beyond::Border, true, &[-0.5]), [15.0 - 0.9375]);
}

#[test]
fn dimensions_are_mixed() {
    let image = Numbers { shape: vec![2, 2], data: vec![1.0, 2.0, 3.0, 4.0] };
    let grid = [Numbers::of(&[0.0, 1.0]), Numbers::of(&[0.0, 0.0])];
    let Ok(found) = node(Mode::Linear, Beyond::Border, true, &[2, 2]).sample(&image, &grid);
    assert_eq!(found.data, [2.5, 3.5]);
}
