//! Convolutions. Candle's have one stride, padding and dilation for both dimensions; others are made of these.

use assay_runner::Window;
use candle_core::{Result, Tensor};

use crate::kernel::{Compile, Compiled, Operands, Site, kernel};
use crate::layout::{padded, places, scalar, spread, take};

pub const OPERATORS: &[(&str, Compile)] = &[("Conv", conv), ("ConvTranspose", conv_transpose)];

/// One number for all dimensions, where it is one.
fn single(numbers: &[usize]) -> Option<usize> {
    numbers.iter().all(|number| number == &numbers[0]).then(|| numbers[0])
}

fn signed(numbers: &[usize]) -> Vec<i64> {
    numbers.iter().map(|&number| number as i64).collect()
}

/// What Candle's convolution is asked for, and what is done before and after it.
struct Plan {
    group: usize,
    /// Zeros around the image that Candle's own padding does not give.
    before: Vec<i64>,
    after: Vec<i64>,
    padding: usize,
    /// Between the numbers of the filter, where dilations differ.
    spread: Vec<usize>,
    dilation: usize,
    stride: usize,
    /// The outputs of a stride of 1 that are kept, where strides differ.
    kept: Vec<Option<Tensor>>,
}

impl Plan {
    /// `before`, `after`: zeros on each side; fewer than none take away.
    fn of(w: &Window, before: Vec<i64>, after: Vec<i64>) -> std::result::Result<Self, String> {
        let count = w.kernel.len();
        let alike = before == after && before.iter().all(|pad| *pad == before[0] && *pad >= 0);
        let padding = if alike { before[0] as usize } else { 0 };
        let none = vec![0; count];
        let (before, after) = if alike { (none.clone(), none) } else { (before, after) };
        let (dilation, spread) = match single(&w.dilations) {
            Some(dilation) => (dilation, vec![1; count]),
            None => (1, w.dilations.clone()),
        };
        let mut kept = vec![None; count];
        let stride = single(&w.strides);
        if stride.is_none() {
            for (i, kept) in kept.iter_mut().enumerate() {
                let list = (0..w.output[i]).map(|place| (place * w.strides[i]) as i64);
                *kept = Some(places(list)?);
            }
        }
        Ok(Self { group: w.group, before, after, padding, spread, dilation, stride: stride.unwrap_or(1), kept })
    }

    fn apply(&self, x: &Tensor, filter: &Tensor) -> Result<Tensor> {
        let (mut image, mut filter, zero) = (x.clone(), filter.clone(), scalar(0.0));
        for i in 0..self.before.len() {
            image = padded(&image, &zero, i + 2, self.before[i], self.after[i])?;
            filter = spread(&filter, i + 2, self.spread[i])?;
        }
        let all = if self.before.len() == 1 {
            // Candle reads a filter wrongly whose numbers do not follow each other (tests/faults.rs).
            image.conv1d(&filter.contiguous()?, self.padding, self.stride, self.dilation, self.group)?
        } else {
            image.conv2d(&filter, self.padding, self.stride, self.dilation, self.group)?
        };
        let keep = |x: Tensor, (i, kept): (usize, &Option<Tensor>)| match kept {
            Some(places) => take(&x, i + 2, places),
            None => Ok(x),
        };
        self.kept.iter().enumerate().try_fold(all, keep)
    }
}

/// Over one or two dimensions by Candle's own; over three as a sum of those of its planes.
enum Convolution {
    Flat(Plan),
    /// A sequence as an image of one row: the gradient of Candle's conv1d by its filter is wrong for several sequences (tests/faults.rs).
    Row(Plan),
    Deep {
        before: i64,
        after: i64,
        steps: Vec<Tensor>,
        plane: Plan,
    },
}

impl Convolution {
    fn of(site: &Site, w: &Window, before: Vec<i64>, after: Vec<i64>) -> std::result::Result<Self, String> {
        if is_row(site, w) {
            let none_ahead = |list: Vec<i64>| [vec![0], list].concat();
            return Ok(Self::Row(Plan::of(&as_row(w), none_ahead(before), none_ahead(after))?));
        }
        if w.input.len() < 3 {
            return Ok(Self::Flat(Plan::of(w, before, after)?));
        }
        let read = |k: usize| places((0..w.output[0]).map(|o| (o * w.strides[0] + k * w.dilations[0]) as i64));
        let steps = (0..w.kernel[0]).map(read).collect::<std::result::Result<_, _>>()?;
        let rest = |list: &[usize]| list[1..].to_vec();
        let plane = Window {
            input: rest(&w.input),
            output: rest(&w.output),
            kernel: rest(&w.kernel),
            strides: rest(&w.strides),
            dilations: rest(&w.dilations),
            pads_begin: rest(&w.pads_begin),
            pads_end: rest(&w.pads_end),
            group: w.group,
        };
        Ok(Self::Deep {
            before: before[0],
            after: after[0],
            steps,
            plane: Plan::of(&plane, before[1..].to_vec(), after[1..].to_vec())?,
        })
    }

    fn apply(&self, x: &Tensor, filter: &Tensor) -> Result<Tensor> {
        match self {
            Self::Flat(plan) => plan.apply(x, filter),
            Self::Row(plan) => plan.apply(&x.unsqueeze(2)?, &filter.unsqueeze(2)?)?.squeeze(2),
            Self::Deep { before, after, steps, plane } => {
                deep(&padded(x, &scalar(0.0), 2, *before, *after)?, filter, steps, plane)
            }
        }
    }
}

/// Whether it is a convolution of several sequences in training.
fn is_row(site: &Site, w: &Window) -> bool {
    w.input.len() == 1 && site.gradients && site.shape(0)[0] > 1
}

/// The window of an image of one row, with the strides and dilations of both dimensions alike.
fn as_row(w: &Window) -> Window {
    let row = |list: &[usize], ahead: usize| [&[ahead], list].concat();
    Window {
        input: row(&w.input, 1),
        output: row(&w.output, 1),
        kernel: row(&w.kernel, 1),
        strides: row(&w.strides, w.strides[0]),
        dilations: row(&w.dilations, w.dilations[0]),
        pads_begin: row(&w.pads_begin, 0),
        pads_end: row(&w.pads_end, 0),
        group: w.group,
    }
}

/// `steps`: for each position of the filter the planes that it is laid on.
fn deep(image: &Tensor, filter: &Tensor, steps: &[Tensor], plane: &Plan) -> Result<Tensor> {
    let mut sum: Option<Tensor> = None;
    for (k, places) in steps.iter().enumerate() {
        let planes = take(image, 2, places)?.transpose(1, 2)?.contiguous()?.flatten(0, 1)?;
        let part = plane.apply(&planes, &filter.narrow(2, k, 1)?.squeeze(2)?.contiguous()?)?;
        sum = Some(sum.map_or(Ok(part.clone()), |sum| sum + part)?);
    }
    let sum = sum.expect("a filter has positions");
    let (_, channels, height, width) = sum.dims4()?;
    sum.reshape((image.dim(0)?, steps[0].elem_count(), channels, height, width))?.transpose(1, 2)
}

/// What strides leave over at the end of a dimension.
fn remainder(w: &Window, i: usize) -> usize {
    (w.input[i] + w.pads_begin[i] + w.pads_end[i] - w.extent(i)) % w.strides[i]
}

/// Then Candle's gradient fails, which takes what is left over of one dimension for that of both: so much is cut off before.
fn remainders_differ(w: &Window) -> bool {
    (1..w.input.len()).any(|i| remainder(w, i) != remainder(w, 0))
}

fn with_bias(y: Tensor, x: &Operands) -> Result<Tensor> {
    let Some(bias) = x.given(2) else { return Ok(y) };
    let mut shape = vec![1; y.rank()];
    shape[1] = bias.elem_count();
    y.broadcast_add(&bias.reshape(shape)?)
}

fn conv(site: &Site) -> Compiled {
    site.need_f32(&[0, 1, 2])?;
    let w = Window::of(site.graph, site.node);
    let mut after = signed(&w.pads_end);
    if is_row(site, &w) || site.gradients && remainders_differ(&w) {
        (0..after.len()).for_each(|i| after[i] -= remainder(&w, i) as i64);
    }
    let conv = Convolution::of(site, &w, signed(&w.pads_begin), after)?;
    kernel(move |x| with_bias(conv.apply(x.at(0), x.at(1))?, x))
}

/// Candle's own where it can: one padding on all sides, no groups. Else a convolution of the image with zeros between its numbers.
fn conv_transpose(site: &Site) -> Compiled {
    site.need_f32(&[0, 1, 2])?;
    let w = Window::of(site.graph, site.node);
    let extra: Vec<i64> = site.node.ints("output_padding").map_or(vec![0; w.input.len()], <[i64]>::to_vec);
    let own = || {
        let (padding, stride, dilation) = (single(&w.pads_begin)?, single(&w.strides)?, single(&w.dilations)?);
        let one_extra = extra.iter().all(|more| *more == extra[0]).then(|| extra[0] as usize)?;
        (w.group == 1 && w.pads_begin == w.pads_end && w.input.len() == 2)
            .then_some((padding, one_extra, stride, dilation))
    };
    if let Some((padding, extra, stride, dilation)) = own() {
        return kernel(move |x| with_bias(x.at(0).conv_transpose2d(x.at(1), padding, extra, stride, dilation)?, x));
    }
    let edge = |i: usize, pad: usize| (w.extent(i) - 1) as i64 - pad as i64;
    let before = (0..extra.len()).map(|i| edge(i, w.pads_begin[i])).collect();
    let after = (0..extra.len()).map(|i| edge(i, w.pads_end[i]) + extra[i]).collect();
    let strides = w.strides.clone();
    let even = Window { strides: vec![1; strides.len()], ..w };
    let group = even.group;
    let conv = Convolution::of(site, &even, before, after)?;
    kernel(move |x| {
        let image = strides.iter().enumerate().try_fold(x.at(0).clone(), |x, (i, &step)| spread(&x, i + 2, step))?;
        with_bias(conv.apply(&image, &turned_filter(x.at(1), group)?)?, x)
    })
}

/// [in, out / group, spatial…] as the filter of a convolution, [out, in / group, spatial…], its numbers in reverse order.
fn turned_filter(filter: &Tensor, group: usize) -> Result<Tensor> {
    let axes: Vec<usize> = (2..filter.rank()).collect();
    let parts = filter.flip(&axes)?.chunk(group, 0)?;
    let turned: Vec<Tensor> = parts.iter().map(|part| part.transpose(0, 1)?.contiguous()).collect::<Result<_>>()?;
    Tensor::cat(&turned, 0)
}
