//! The cross entropy of labels.

use assay_runner::{Node, Role};

use crate::emitter::{Emitted, Emitter, Feed, refuse};

/// Its operator takes rows with a 1 where the label is, and leaves a part of the mean for each row, which `read_loss` adds up.
pub fn cross_entropy(e: &mut Emitter, node: &Node) -> Emitted {
    let scores = e.shape(node, 0);
    let labels = e.value(e.required(node, 1)?);
    let output = node.output(0).ok_or("a loss that is not wanted")?;
    let is_last = e.source.outputs.first() == Some(&output) && e.source.consumers(output).is_empty();
    let refusals = [
        (scores.len() != 2, "cross_entropy_loss takes a matrix of scores"),
        (node.text("reduction", "mean") != "mean", "cross_entropy_loss is a mean"),
        (node.input(2).is_some(), "cross_entropy_loss weighs all rows alike"),
        (node.attributes.contains_key("ignore_index"), "no label is ignored"),
        (node.output(1).is_some(), "cross_entropy_loss gives no log probabilities"),
        (labels.role != Role::Input, "labels must be an input"),
    ];
    if let Some((_, why)) = refusals.into_iter().find(|(is_so, _)| *is_so) {
        return refuse(why);
    }
    let logits = e.input(node, 0)?;
    let logits = e.rows(logits, scores[1]);
    e.feeds.insert(labels.name.clone(), Feed::OneHot { classes: scores[1] });
    let rows = e.graph.input(&labels.name, scores);
    if is_last {
        e.loss_in_parts = true;
        return Ok(e.graph.cross_entropy_loss(logits, rows));
    }
    // What follows it would read the first part alone (../../docs/findings.md).
    let logarithms = e.graph.log_softmax(logits);
    let chosen = e.graph.mul(logarithms, rows);
    let sum = e.graph.sum_all(chosen);
    Ok(e.times(sum, -1.0 / scores[0] as f64))
}
