//! Normalisation of rows, of groups of channels, and of channels by known means.

use assay_runner::{Node, Role};
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter};

/// The input as rows of what is normalised together, and the factors, one a column.
fn rows_and_scale(e: &mut Emitter, node: &Node) -> Result<(NodeId, NodeId), String> {
    let shape = e.shape(node, 0);
    let columns = &shape[node.axis(-1, shape.len())..];
    let (x, scale) = (e.input(node, 0)?, e.input(node, 1)?);
    let scale = e.broadcast(scale, e.shape(node, 1), columns);
    Ok((e.rows(x, columns.iter().product()), scale))
}

pub fn rms_norm(e: &mut Emitter, node: &Node) -> Emitted {
    let (x, scale) = rows_and_scale(e, node)?;
    Ok(e.graph.rms_norm(x, scale, node.real("epsilon", 1e-5) as f32))
}

/// Its own gives no means and deviations, takes a factor a column, and its gradient is wrong for two or three rows (../../docs/findings.md).
pub fn layer_norm(e: &mut Emitter, node: &Node) -> Result<(), String> {
    let shape = e.shape(node, 0);
    let (rows, columns) = shape.split_at(node.axis(-1, shape.len()));
    let few = e.training && (2..4).contains(&rows.iter().product::<usize>());
    let given = |place: usize| node.input(place).is_some_and(|id| e.value(id).shape.len() > columns.len());
    if few || given(1) || given(2) || (1..3).any(|place| node.output(place).is_some()) {
        return crate::norms::layer_norm(e, node);
    }
    let (x, scale) = rows_and_scale(e, node)?;
    let bias = match node.input(2) {
        Some(id) => {
            let bias = e.node(id)?;
            e.broadcast(bias, &e.value(id).shape, columns)
        }
        None => e.filled(0.0, scale),
    };
    let y = e.graph.layer_norm(x, scale, bias, node.real("epsilon", 1e-5) as f32);
    e.set(node.output(0).ok_or("a result that is not wanted")?, y);
    Ok(())
}

pub fn group_norm(e: &mut Emitter, node: &Node) -> Emitted {
    of_groups(e, node, node.int("num_groups", 1) as u32)
}

/// Each channel of an image is a group of its own.
pub fn instance_norm(e: &mut Emitter, node: &Node) -> Emitted {
    of_groups(e, node, e.shape(node, 0)[1] as u32)
}

fn of_groups(e: &mut Emitter, node: &Node, groups: u32) -> Emitted {
    let shape = e.shape(node, 0);
    let (batch, channels, spatial) = (shape[0] as u32, shape[1] as u32, shape[2..].iter().product::<usize>() as u32);
    let [x, scale, bias] = [0, 1, 2].map(|place| e.input(node, place).map(|id| e.flat(id)));
    let epsilon = node.real("epsilon", 1e-5) as f32;
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

/// What each channel is multiplied by, then what is added to it: as far as it is known when the model is loaded, put together then.
fn channel_line(e: &mut Emitter, node: &Node) -> Result<(Factor, NodeId), String> {
    let known = |place| e.required(node, place).map(|id| e.known(id));
    let (Some(mean), Some(variance)) = (known(3)?, known(4)?) else {
        let inverse = crate::norms::inverse_deviation(e, node)?;
        let mean = e.input(node, 3)?;
        return computed_line(e, node, inverse, mean);
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
    computed_line(e, node, inverse, mean)
}

fn computed_line(e: &mut Emitter, node: &Node, inverse: NodeId, mean: NodeId) -> Result<(Factor, NodeId), String> {
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
