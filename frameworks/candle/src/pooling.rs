//! Pools over images. Candle's have no padding and no dilation, and a gradient only where windows do not overlap.

use assay_runner::Window;
use candle_core::{D, DType, Device, Result, Tensor};

use crate::kernel::{Compile, Compiled, Site, kernel, kernels};
use crate::layout::{padded, places, scalar, take};

pub const OPERATORS: &[(&str, Compile)] = &[("AveragePool", average_pool), ("MaxPool", max_pool)];

/// A pool of two dimensions; one dimension is a row of it.
struct Pool {
    w: Window,
    /// Zeros or -inf on each side, those at the end as far as windows reach.
    before: Vec<i64>,
    after: Vec<i64>,
    shape: Vec<usize>,
}

impl Pool {
    fn of(site: &Site) -> std::result::Result<Self, String> {
        let mut w = Window::of(site.graph, site.node);
        if w.input.len() == 1 {
            for (list, one) in [(&mut w.input, 1), (&mut w.output, 1), (&mut w.kernel, 1), (&mut w.strides, 1), (&mut w.dilations, 1)] {
                list.insert(0, one);
            }
            w.pads_begin.insert(0, 0);
            w.pads_end.insert(0, 0);
        }
        if w.input.len() != 2 {
            return Err(format!("{} spatial dimensions; Candle pools over 1 or 2", w.input.len()));
        }
        let before = w.pads_begin.iter().map(|&pad| pad as i64).collect();
        let reach = |i: usize| (w.output[i] - 1) * w.strides[i] + w.extent(i);
        let after = (0..2).map(|i| reach(i) as i64 - (w.input[i] + w.pads_begin[i]) as i64).collect();
        Ok(Self { before, after, shape: site.output_shape(0), w })
    }

    fn is_dilated(&self) -> bool {
        self.w.dilations.iter().any(|&dilation| dilation > 1)
    }

    fn kernel(&self) -> (usize, usize) {
        (self.w.kernel[0], self.w.kernel[1])
    }

    fn strides(&self) -> (usize, usize) {
        (self.w.strides[0], self.w.strides[1])
    }

    /// [batch, channels, height, width], padded with `fill`, and without what no window reaches.
    fn image(&self, x: &Tensor, fill: f32) -> Result<Tensor> {
        let x = if x.rank() == 3 { x.unsqueeze(2)? } else { x.clone() };
        let fill = scalar(fill);
        (0..2).try_fold(x, |x, i| padded(&x, &fill, i + 2, self.before[i], self.after[i]))
    }

    /// For each position of the kernel the places of a dimension that it reads, one an output.
    fn steps(&self, i: usize) -> std::result::Result<Vec<Tensor>, String> {
        let w = &self.w;
        let read = |k: usize| places((0..w.output[i]).map(|o| (o * w.strides[i] + k * w.dilations[i]) as i64));
        (0..w.kernel[i]).map(read).collect()
    }
}

fn max_pool(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let pool = Pool::of(site)?;
    if !site.gradients && !site.is_wanted(1) && !pool.is_dilated() {
        return kernel(move |x| {
            let image = pool.image(x.at(0), f32::NEG_INFINITY)?;
            image.max_pool2d_with_stride(pool.kernel(), pool.strides())?.reshape(pool.shape.as_slice())
        });
    }
    max_pool_by_places(site, pool)
}

/// The place of the first largest number of each window is sought, and then the number taken from there, which has a gradient.
fn max_pool_by_places(site: &Site, pool: Pool) -> Compiled {
    let (rows, columns) = (pool.steps(0)?, pool.steps(1)?);
    let column_major = site.node.flag("storage_order", false);
    let wanted = site.is_wanted(1);
    let (height, width) = (pool.w.input[0] as i64, pool.w.input[1] as i64);
    let (top, left) = (pool.before[0], pool.before[1]);
    kernels(move |x| {
        let image = pool.image(x.at(0), f32::NEG_INFINITY)?;
        let (batch, channels, _, wide) = image.dims4()?;
        let still = image.detach();
        let mut windows = Vec::new();
        let mut sources = Vec::new();
        for row in &rows {
            let strip = take(&still, 2, row)?;
            for column in &columns {
                windows.push(take(&strip, 3, column)?);
                sources.push(times(row, wide as i64)?.unsqueeze(1)?.broadcast_add(&column.unsqueeze(0)?)?);
            }
        }
        let windows = Tensor::stack(&windows, 0)?;
        let first = windows.argmax_keepdim(0)?;
        let spread = Tensor::stack(&sources, 0)?.unsqueeze(1)?.unsqueeze(1)?.broadcast_as(windows.shape())?.contiguous()?;
        let source = spread.gather(&first, 0)?.reshape((batch, channels, ()))?;
        let y = image.flatten_from(2)?.gather(&source, D::Minus1)?.reshape(pool.shape.as_slice())?;
        if !wanted {
            return Ok(vec![y]);
        }
        let (row, column) = divided(&source, wide as i64)?;
        let (row, column) = (shifted(&row, -top)?, shifted(&column, -left)?);
        let inside = if column_major { times(&column, height)? + row } else { times(&row, width)? + column }?;
        let channel = Tensor::arange(0i64, (batch * channels) as i64, &Device::Cpu)?.reshape((batch, channels, 1))?;
        Ok(vec![y, inside.broadcast_add(&times(&channel, height * width)?)?.reshape(pool.shape.as_slice())?])
    })
}

/// Of integers, exactly: Candle's own products with a number go through floating point.
fn whole(number: i64, like: &Tensor) -> Result<Tensor> {
    Tensor::full(number, like.shape(), &Device::Cpu)
}

fn times(x: &Tensor, number: i64) -> Result<Tensor> {
    x * whole(number, x)?
}

fn shifted(x: &Tensor, number: i64) -> Result<Tensor> {
    x + whole(number, x)?
}

/// Quotient and remainder.
fn divided(x: &Tensor, number: i64) -> Result<(Tensor, Tensor)> {
    let quotient = (x / whole(number, x)?)?;
    let remainder = (x - times(&quotient, number)?)?;
    Ok((quotient, remainder))
}

/// Sums of windows, divided by how many numbers of the image each has.
fn average_pool(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let pool = Pool::of(site)?;
    let padding_counts = site.node.flag("count_include_pad", false);
    let factors = factors(&pool, padding_counts)?;
    let own = !pool.is_dilated() && (!site.gradients || pool.kernel() == pool.strides());
    let (rows, columns) = (pool.steps(0)?, pool.steps(1)?);
    kernel(move |x| {
        let image = pool.image(x.at(0), 0.0)?;
        let sums = if own {
            let (high, wide) = pool.kernel();
            (image.avg_pool2d_with_stride(pool.kernel(), pool.strides())? * (high * wide) as f64)?
        } else {
            let sum = |x: &Tensor, axis: usize, steps: &[Tensor]| {
                let first = take(x, axis, &steps[0])?;
                steps[1..].iter().try_fold(first, |sum, places| sum + take(x, axis, places)?)
            };
            sum(&sum(&image, 2, &rows)?, 3, &columns)?
        };
        sums.broadcast_mul(&factors)?.reshape(pool.shape.as_slice())
    })
}

/// One over the numbers of each window: of the image, or of its padding too, but never those beyond.
fn factors(pool: &Pool, padding_counts: bool) -> std::result::Result<Tensor, String> {
    let w = &pool.w;
    let counted = |i: usize, o: usize| {
        let inside = |k: &usize| {
            let place = o * w.strides[i] + k * w.dilations[i];
            let (begin, end) = (w.pads_begin[i], w.pads_begin[i] + w.input[i]);
            if padding_counts { place < end + w.pads_end[i] } else { (begin..end).contains(&place) }
        };
        (0..w.kernel[i]).filter(inside).count()
    };
    let row = |o: usize| (0..w.output[1]).map(move |p| (o, p));
    let counts = (0..w.output[0]).flat_map(row).map(|(o, p)| 1.0 / (counted(0, o) * counted(1, p)) as f32);
    let factors = Tensor::from_iter(counts, &Device::Cpu).and_then(|factors| factors.reshape((w.output[0], w.output[1])));
    factors.and_then(|factors| factors.to_dtype(DType::F32)).map_err(|error| error.to_string())
}
