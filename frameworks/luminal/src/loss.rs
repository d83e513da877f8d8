//! The cross entropy of scores and labels.

use assay_runner::Node;

use crate::emitter::{Emitter, Id, elements};

/// The loss, and the logarithms of the probabilities when they are wanted.
pub fn cross_entropy(e: &mut Emitter, node: &Node) -> Result<Vec<Id>, String> {
    let shape = e.shape(node, 0);
    let (batch, classes, points) = (shape[0], shape[1], elements(&shape[2..]));
    let rows = batch * points;
    let scores = e.input(node, 0);
    let scores = e.swap_inner(scores, batch, classes, points)?;
    let logs = e.log_softmax(scores, rows, classes);
    let (weights, places) = row_weights(e, node, rows, classes)?;
    let starts = e.constant((0..rows).map(|row| (row * classes) as f32).collect());
    let places = e.add(starts, places, rows);
    let chosen = e.gather_by(logs, rows * classes, places, rows, 1);
    let weighted = e.mul(chosen, weights, rows);
    let losses = e.scale(weighted, -1.0, rows);
    let loss = match node.text("reduction", "mean") {
        "none" => losses,
        "sum" => e.row_sums(losses, 1, rows),
        _ => {
            let (sum, total) = (e.row_sums(losses, 1, rows), e.row_sums(weights, 1, rows));
            let inverse = e.recip(total, 1);
            e.mul(sum, inverse, 1)
        }
    };
    Ok(vec![loss, e.swap_inner(logs, batch, points, classes)?])
}

/// What each label weighs, 0 where it is ignored; and the labels, those that are ignored being 0.
fn row_weights(e: &mut Emitter, node: &Node, rows: usize, classes: usize) -> Result<(Id, Id), String> {
    let labels = e.input(node, 1);
    let (mut counted, mut places) = (e.filled(1.0, rows), labels);
    if node.attributes.contains_key("ignore_index") {
        let ignored = e.filled(node.int("ignore_index", 0) as f32, rows);
        counted = e.differ(labels, ignored, rows);
        places = e.mul(labels, counted, rows);
    }
    let Some(given) = node.input(2).map(|id| e.value(id)) else { return Ok((counted, places)) };
    let weights = e.gather_by(given, classes, places, rows, 1);
    Ok((e.mul(weights, counted, rows), places))
}
