//! Normalisations, as the modules of burn::nn compute them.

use burn_backend::ops::PadMode;
use burn_backend::tensor::FloatTensor;
use burn_backend::{Backend, TensorMetadata};

use crate::backend::BOOL;
use crate::operators::{Emitted, Site, one_float};
use crate::value::{Value, lifted, reshape};

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    match site.node.op.as_str() {
        "LayerNormalization" => layer(site),
        "RMSNormalization" => rms(site),
        "GroupNormalization" => group(site, site.node.int("num_groups", 1) as usize),
        "InstanceNormalization" => group(site, site.shape(0)[1]),
        "LRN" => local_response(site),
        "LpNormalization" => by_norm(site),
        _ => batch(site),
    }
}

/// [rows, size of what is normalised], and the scale and the bias as one row of it.
struct Rows {
    flat: [usize; 2],
    normalised: Vec<usize>,
    is_last: bool,
}

impl Rows {
    fn of<B: Backend>(site: &Site<B>) -> Self {
        let shape = site.shape(0);
        let axis = site.node.axis(-1, shape.len());
        let normalised = shape[axis..].to_vec();
        let size = normalised.iter().product();
        Self { flat: [shape[..axis].iter().product(), size], is_last: axis + 1 == shape.len(), normalised }
    }

    fn size(&self) -> usize {
        self.flat[1]
    }

    /// With what is normalised as the last dimension.
    fn flatten<B: Backend>(&self, x: FloatTensor<B>) -> FloatTensor<B> {
        if self.is_last { x } else { reshape::<B>(x, &self.flat) }
    }

    /// A scale or bias, which may be repeated, as a vector.
    fn vector<B: Backend>(&self, value: Value<B>) -> FloatTensor<B> {
        reshape::<B>(value.lift(self.normalised.len()).expand(&self.normalised).float(), &[self.size()])
    }
}

fn layer<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (rows, out) = (Rows::of(site), site.out_shape());
    let epsilon = site.node.real("epsilon", 1e-5);
    let statistics: Vec<_> = [1, 2].iter().map(|&place| site.output(place).map(|value| value.shape.clone())).collect();
    Ok(Box::new(move |mut x| {
        let input = rows.flatten::<B>(x.float(0));
        let (scale, bias) = (rows.vector(x.take(1)), x.given(2).map(|bias| rows.vector(bias)));
        let [mean, deviation] = statistics_of::<B>(&input, epsilon, &statistics);
        let y = B::layer_norm(input, scale, bias, epsilon);
        vec![Some(Value::Float(reshape::<B>(y, &out))), mean, deviation]
    }))
}

/// Mean and inverse deviation of the rows, where they are wanted, in these shapes.
fn statistics_of<B: Backend>(
    input: &FloatTensor<B>,
    epsilon: f64,
    shapes: &[Option<Vec<usize>>],
) -> [Option<Value<B>>; 2] {
    if shapes.iter().all(Option::is_none) {
        return [None, None];
    }
    let last = input.rank() - 1;
    let mean = B::float_mean_dim(input.clone(), last);
    let centred = B::float_sub(input.clone(), mean.clone());
    let variance = B::float_mean_dim(B::float_mul(centred.clone(), centred), last);
    let inverse = B::float_recip(B::float_sqrt(B::float_add_scalar(variance, epsilon.into())));
    let shaped =
        |tensor, shape: &Option<Vec<usize>>| shape.as_ref().map(|shape| Value::Float(reshape::<B>(tensor, shape)));
    [shaped(mean, &shapes[0]), shaped(inverse, &shapes[1])]
}

fn rms<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (rows, out) = (Rows::of(site), site.out_shape());
    let epsilon = site.node.real("epsilon", 1e-5);
    one_float(move |mut x| {
        let input = rows.flatten::<B>(x.float(0));
        let rank = input.rank();
        let scale = reshape::<B>(rows.vector(x.take(1)), &lifted(&[rows.size()], rank));
        let squares = B::float_mean_dim(B::float_mul(input.clone(), input.clone()), rank - 1);
        let rms = B::float_sqrt(B::float_add_scalar(squares, epsilon.into()));
        reshape::<B>(B::float_mul(B::float_div(input, rms), scale), &out)
    })
}

fn group<B: Backend>(site: &Site<B>, groups: usize) -> Emitted<B> {
    let shape = site.shape(0);
    let grouped = [shape[0], groups, shape[1..].iter().product::<usize>() / groups];
    let channels = channels_of(&shape);
    let epsilon = site.node.real("epsilon", 1e-5);
    one_float(move |mut x| {
        let input = reshape::<B>(x.float(0), &grouped);
        let mean = B::float_mean_dim(input.clone(), 2);
        let input = B::float_sub(input, mean);
        let variance = B::float_mean_dim(B::float_mul(input.clone(), input.clone()), 2);
        let deviation = B::float_sqrt(B::float_add_scalar(variance, epsilon.into()));
        let normalised = reshape::<B>(B::float_div(input, deviation), &shape);
        let scaled = B::float_mul(normalised, reshape::<B>(x.float(1), &channels));
        B::float_add(scaled, reshape::<B>(x.float(2), &channels))
    })
}

/// The shape of one number a channel.
fn channels_of(shape: &[usize]) -> Vec<usize> {
    (0..shape.len()).map(|i| if i == 1 { shape[1] } else { 1 }).collect()
}

fn batch<B: Backend>(site: &Site<B>) -> Emitted<B> {
    if site.node.flag("training_mode", false) {
        return Err("statistics of the batch".to_string());
    }
    let epsilon = site.node.real("epsilon", 1e-5);
    one_float(move |mut x| B::batch_norm(x.float(0), x.float(1), x.float(2), x.float(3), x.float(4), epsilon))
}

/// Rows along the axis, each divided by its norm; one of zeros stays so.
fn by_norm<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (axis, squares) = (site.node.axis(-1, site.shape(0).len()), site.node.int("p", 2) == 2);
    one_float(move |mut x| {
        let x: FloatTensor<B> = x.float(0);
        let norm = match squares {
            true => B::float_sqrt(B::float_sum_dim(B::float_mul(x.clone(), x.clone()), axis)),
            false => B::float_sum_dim(B::float_abs(x.clone()), axis),
        };
        let is_zero = B::float_equal_elem(norm.clone(), 0.into(), BOOL);
        B::float_div(x, B::float_mask_fill(norm, is_zero, 1.into()))
    })
}

/// Each element by a power of the mean square of the channels around it: a pool over the channels, as LocalResponseNorm of burn::nn.
fn local_response<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (shape, node) = (site.shape(0), site.node);
    let (size, bias) = (node.int("size", 1) as usize, node.real("bias", 1.0));
    let (alpha, beta) = (node.real("alpha", f64::from(0.0001_f32)), node.real("beta", 0.75));
    let [batch, channels, places] = [shape[0], shape[1], shape[2..].iter().product()];
    let pads = [(0, 0), (0, 0), ((size - 1) / 2, size / 2)];
    one_float(move |mut x| {
        let x: FloatTensor<B> = x.float(0);
        let squares = reshape::<B>(B::float_mul(x.clone(), x.clone()), &[batch, channels, places]);
        let rows = reshape::<B>(B::float_swap_dims(squares, 1, 2), &[batch * places, 1, channels]);
        let rows = B::float_pad(rows, &pads, PadMode::Constant(0.0));
        let means = B::avg_pool1d(rows, size, 1, 0, true, false);
        let means = B::float_swap_dims(reshape::<B>(means, &[batch, places, channels]), 1, 2);
        let scale = B::float_add_scalar(B::float_mul_scalar(reshape::<B>(means, &shape), alpha.into()), bias.into());
        B::float_div(x, B::float_powf_scalar(scale, beta.into()))
    })
}
