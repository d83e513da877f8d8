//! Normalisation of rows, of groups of channels, and of channels by known means.

use assay_runner::{Node, Role};
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter, refuse};

/// The input as rows of what is normalised together, and the factors.
fn rows_and_scale(e: &mut Emitter, node: &Node) -> Result<(NodeId, NodeId), String> {
    let shape = e.shape(node, 0);
    let columns: usize = shape[node.axis(-1, shape.len())..].iter().product();
    if e.shape(node, 1).iter().product::<usize>() != columns {
        return refuse("each column has its factor");
    }
    let (x, scale) = (e.input(node, 0)?, e.input(node, 1)?);
    Ok((e.rows(x, columns), e.flat(scale)))
}

pub fn rms_norm(e: &mut Emitter, node: &Node) -> Emitted {
    let (x, scale) = rows_and_scale(e, node)?;
    Ok(e.graph.rms_norm(x, scale, node.real("epsilon", 1e-5) as f32))
}

pub fn layer_norm(e: &mut Emitter, node: &Node) -> Emitted {
    if node.output(1).is_some() || node.output(2).is_some() {
        return refuse("means and deviations are not given");
    }
    let (x, scale) = rows_and_scale(e, node)?;
    let bias = match node.input(2) {
        Some(id) => e.node(id)?,
        None => e.filled(0.0, scale),
    };
    let bias = e.flat(bias);
    Ok(e.graph.layer_norm(x, scale, bias, node.real("epsilon", 1e-5) as f32))
}

pub fn group_norm(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let (batch, channels, spatial) = (shape[0] as u32, shape[1] as u32, shape[2..].iter().product::<usize>() as u32);
    let [x, scale, bias] = [0, 1, 2].map(|place| e.input(node, place).map(|id| e.flat(id)));
    let (groups, epsilon) = (node.int("num_groups", 1) as u32, node.real("epsilon", 1e-5) as f32);
    Ok(e.graph.group_norm(x?, scale?, bias?, batch, channels, spatial, groups, epsilon))
}

/// What each channel is multiplied by.
pub enum Factor {
    Known(Vec<f32>),
    Computed(NodeId),
}

impl Factor {
    pub fn node(&self, e: &mut Emitter) -> NodeId {
        match self {
            Factor::Known(floats) => e.graph.constant(floats.clone(), &[floats.len()]),
            Factor::Computed(node) => *node,
        }
    }
}

/// What each channel is multiplied by, then what is added to it. Means and variances must be known: the inference form.
fn channel_line(e: &mut Emitter, node: &Node) -> Result<(Factor, NodeId), String> {
    let known = |place| e.required(node, place).map(|id| e.known(id));
    let (Some(mean), Some(variance)) = (known(3)?, known(4)?) else {
        return refuse("means and variances must be known before a step");
    };
    let epsilon = node.real("epsilon", 1e-5);
    let inverse: Vec<f32> = variance.iter().map(|&v| (1.0 / (f64::from(v) + epsilon).sqrt()) as f32).collect();
    let channels = inverse.len();
    if let (Some(scale), Some(bias)) = (known(1)?, known(2)?) {
        let factor: Vec<f32> = scale.iter().zip(&inverse).map(|(a, b)| a * b).collect();
        let addend = (0..channels).map(|c| bias[c] - mean[c] * factor[c]).collect();
        return Ok((Factor::Known(factor), e.graph.constant(addend, &[channels])));
    }
    let (inverse, mean) = (e.graph.constant(inverse, &[channels]), e.graph.constant(mean.to_vec(), &[channels]));
    let [scale, bias] = [1, 2].map(|place| e.input(node, place));
    let factor = e.graph.mul(scale?, inverse);
    let shift = e.graph.mul(mean, factor);
    Ok((Factor::Computed(factor), e.minus(bias?, shift)))
}

/// Whether it only follows a convolution, whose filters take its factors then.
pub fn follows_conv<'a>(e: &Emitter<'a>, node: &Node) -> Option<&'a Node> {
    let id = node.input(0)?;
    let conv = e.source.producer(id).map(|place| &e.source.nodes[place])?;
    let alone = |id| e.source.consumers(id).len() == 1 && !e.source.outputs.contains(&id);
    let own = |w| e.value(w).role == Role::Parameter && alone(w);
    let plain = conv.op == "Conv" && conv.input(2).is_none() && conv.input(1).is_some_and(own);
    (alone(id) && plain).then_some(conv)
}

pub fn batch_norm(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, (factor, addend)) = (e.shape(node, 0), channel_line(e, node)?);
    let (channels, spatial) = (shape[1], shape[2..].iter().product::<usize>());
    let scaled = match follows_conv(e, node) {
        Some(conv) => crate::image::convolve(e, conv, Some(&factor))?,
        None => scaled_channels(e, node, &factor)?,
    };
    let scaled = e.flat(scaled);
    Ok(e.graph.add_per_channel(scaled, addend, channels as u32, spatial as u32))
}

fn scaled_channels(e: &mut Emitter, node: &Node, factor: &Factor) -> Emitted {
    let shape = e.shape(node, 0);
    let (images, spatial) = (shape[0] * shape[1], shape[2..].iter().product());
    let (x, factor) = (e.input(node, 0)?, factor.node(e));
    let factors = e.broadcast(factor, &[shape[1]], &[shape[0], shape[1]]);
    let factors = e.broadcast(factors, &[images, 1], &[images, spatial]);
    let factors = e.alike(factors, x);
    Ok(e.graph.mul(x, factors))
}
