//! Pools over images. Candle's are of two dimensions, without padding and dilation, and have a gradient only where windows do not overlap.

use assay_runner::Window;
use candle_core::{D, Result, Tensor};

use crate::device::here;
use crate::kernel::{Compile, Compiled, Site, kernel, kernels};
use crate::layout::{padded, places, scalar, take};

pub const OPERATORS: &[(&str, Compile)] = &[("AveragePool", average_pool), ("MaxPool", max_pool)];

struct Pool {
    w: Window,
    /// What stands on each side of the image, at the end as far as windows reach.
    before: Vec<i64>,
    after: Vec<i64>,
    /// For each dimension, and each position of the kernel in it, the places that it reads, one an output.
    steps: Vec<Vec<Tensor>>,
    shape: Vec<usize>,
}

impl Pool {
    fn of(site: &Site) -> std::result::Result<Self, String> {
        let w = Window::of(site.graph, site.node);
        let dimensions = 0..w.input.len();
        let before = w.pads_begin.iter().map(|&pad| pad as i64).collect();
        let reach = |i: usize| (w.output[i] - 1) * w.strides[i] + w.extent(i);
        let after = dimensions.clone().map(|i| reach(i) as i64 - (w.input[i] + w.pads_begin[i]) as i64).collect();
        let read =
            |i: usize, k: usize| places((0..w.output[i]).map(|o| (o * w.strides[i] + k * w.dilations[i]) as i64));
        let steps = dimensions
            .map(|i| (0..w.kernel[i]).map(|k| read(i, k)).collect())
            .collect::<std::result::Result<_, _>>()?;
        Ok(Self { before, after, steps, shape: site.output_shape(0), w })
    }

    /// Size and strides of the window for Candle's own pools, one dimension being a row of two; None where these cannot.
    fn own(&self) -> Option<((usize, usize), (usize, usize))> {
        let two = |list: &[usize]| match *list {
            [row] => Some((1, row)),
            [high, wide] => Some((high, wide)),
            _ => None,
        };
        let dilated = self.w.dilations.iter().any(|&dilation| dilation > 1);
        if dilated { None } else { Some((two(&self.w.kernel)?, two(&self.w.strides)?)) }
    }

    /// The image with `fill` around it, and without what no window reaches.
    fn image(&self, x: &Tensor, fill: f32) -> Result<Tensor> {
        let fill = scalar(fill);
        (0..self.before.len()).try_fold(x.clone(), |x, i| padded(&x, &fill, i + 2, self.before[i], self.after[i]))
    }

    fn with_own(&self, image: &Tensor, pool: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
        pool(&if image.rank() == 3 { image.unsqueeze(2)? } else { image.clone() })?.reshape(self.shape.as_slice())
    }

    /// All numbers of each window brought together, one dimension after the other.
    fn folded(&self, image: Tensor, join: fn(&Tensor, &Tensor) -> Result<Tensor>) -> Result<Tensor> {
        self.steps.iter().enumerate().try_fold(image, |image, (i, steps)| {
            let first = take(&image, i + 2, &steps[0])?;
            steps[1..].iter().try_fold(first, |all, places| join(&all, &take(&image, i + 2, places)?))
        })
    }
}

fn max_pool(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let pool = Pool::of(site)?;
    if site.gradients || site.is_wanted(1) {
        return max_pool_by_places(site, pool);
    }
    match pool.own() {
        Some((window, strides)) => kernel(move |x| {
            pool.with_own(&pool.image(x.at(0), f32::NEG_INFINITY)?, |image| {
                image.max_pool2d_with_stride(window, strides)
            })
        }),
        None => kernel(move |x| pool.folded(pool.image(x.at(0), f32::NEG_INFINITY)?, |one, other| one.maximum(other))),
    }
}

/// The place of the first largest number of each window is sought, and then the number taken from there, which has a gradient.
fn max_pool_by_places(site: &Site, pool: Pool) -> Compiled {
    let (column_major, wanted) = (site.node.flag("storage_order", false), site.is_wanted(1));
    let size = signed(&pool.w.input);
    kernels(move |x| {
        let image = pool.image(x.at(0), f32::NEG_INFINITY)?;
        let (batch, channels) = (image.dim(0)?, image.dim(1)?);
        let source = first_largest(&pool, &image.detach())?.reshape((batch, channels, ()))?;
        let y = image.flatten_from(2)?.gather(&source, D::Minus1)?.reshape(pool.shape.as_slice())?;
        if !wanted {
            return Ok(vec![y]);
        }
        let inside = place_in_image(&pool, &source, &signed(&image.dims()[2..]), &size, column_major)?;
        let channel = Tensor::arange(0i64, (batch * channels) as i64, here())?.reshape((batch, channels, 1))?;
        let start = times(&channel, size.iter().product())?;
        Ok(vec![y, inside.broadcast_add(&start)?.reshape(pool.shape.as_slice())?])
    })
}

fn signed(sizes: &[usize]) -> Vec<i64> {
    sizes.iter().map(|&size| size as i64).collect()
}

/// Where in a padded image, its dimensions flattened, the first largest number of each window lies.
fn first_largest(pool: &Pool, image: &Tensor) -> Result<Tensor> {
    let start = Tensor::zeros((), candle_core::DType::I64, here())?;
    let mut windows = vec![(image.clone(), start)];
    for (i, steps) in pool.steps.iter().enumerate() {
        let size = image.dim(i + 2)? as i64;
        let mut next = Vec::new();
        for (numbers, source) in &windows {
            for places in steps {
                let source = times(source, size)?.unsqueeze(D::Minus1)?.broadcast_add(places)?;
                next.push((take(numbers, i + 2, places)?, source));
            }
        }
        windows = next;
    }
    let (numbers, sources): (Vec<Tensor>, Vec<Tensor>) = windows.into_iter().unzip();
    let numbers = Tensor::stack(&numbers, 0)?;
    let sources =
        Tensor::stack(&sources, 0)?.unsqueeze(1)?.unsqueeze(1)?.broadcast_as(numbers.shape())?.contiguous()?;
    sources.gather(&numbers.argmax_keepdim(0)?, 0)
}

/// A place in the padded image as one in the image itself, whose dimensions count in this order or the other.
fn place_in_image(pool: &Pool, source: &Tensor, padded: &[i64], size: &[i64], column_major: bool) -> Result<Tensor> {
    let mut rest = source.clone();
    let mut along = Vec::new();
    for i in (0..size.len()).rev() {
        let quotient = (&rest / whole(padded[i], &rest)?)?;
        let place = (&rest - times(&quotient, padded[i])?)?;
        along.insert(0, (&place - whole(pool.before[i], &place)?)?);
        rest = quotient;
    }
    let mut order: Vec<usize> = (0..size.len()).collect();
    if column_major {
        order.reverse();
    }
    let zero = source.zeros_like()?;
    order.iter().try_fold(zero, |all, &i| times(&all, size[i])? + &along[i])
}

/// Of integers, exactly: Candle's own products with a number go through floating point.
fn whole(number: i64, like: &Tensor) -> Result<Tensor> {
    Tensor::full(number, like.shape(), here())
}

fn times(x: &Tensor, number: i64) -> Result<Tensor> {
    x * whole(number, x)?
}

/// Sums of windows, divided by how many numbers of the image each has.
fn average_pool(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let pool = Pool::of(site)?;
    let counts = counts(&pool, site.node.flag("count_include_pad", false)).map_err(|error| error.to_string())?;
    let own = pool.own().filter(|(window, strides)| !site.gradients || window == strides);
    kernel(move |x| {
        let image = pool.image(x.at(0), 0.0)?;
        let sums = match own {
            Some((window, strides)) => {
                let numbers = (window.0 * window.1) as f64;
                (pool.with_own(&image, |image| image.avg_pool2d_with_stride(window, strides))? * numbers)?
            }
            None => pool.folded(image, |one, other| one + other)?,
        };
        sums.broadcast_div(&counts)
    })
}

/// The numbers of each window: of the image, or of its padding too, but never those beyond.
fn counts(pool: &Pool, padding_counts: bool) -> Result<Tensor> {
    let w = &pool.w;
    let counted = |i: usize, o: usize| {
        let inside = |k: &usize| {
            let place = o * w.strides[i] + k * w.dilations[i];
            let (begin, end) = (w.pads_begin[i], w.pads_begin[i] + w.input[i]);
            if padding_counts { place < end + w.pads_end[i] } else { (begin..end).contains(&place) }
        };
        (0..w.kernel[i]).filter(inside).count() as f32
    };
    let along = |all: Tensor, i: usize| {
        let counts = Tensor::from_iter((0..w.output[i]).map(|o| counted(i, o)), here())?;
        all.unsqueeze(D::Minus1)?.broadcast_mul(&counts)
    };
    (0..w.input.len()).try_fold(scalar(1.0), along)
}
