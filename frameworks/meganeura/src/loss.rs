//! The cross entropy of labels.

use assay_runner::{Node, Role};
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter, Form};

/// Scores and labels by sizes.
struct Sizes {
    batch: usize,
    classes: usize,
    points: usize,
}

/// Its operator takes rows with a 1 where the label is, and leaves a part of the mean for each row, which `read_loss` adds up. What would follow it
/// reads the first part alone (../../docs/findings.md), so any other loss is composed.
pub fn cross_entropy(e: &mut Emitter, node: &Node) -> Result<(), String> {
    let scores = e.shape(node, 0);
    let labels = e.value(e.required(node, 1)?);
    let output = node.output(0).ok_or("a loss that is not wanted")?;
    let is_own = e.source.outputs.first() == Some(&output)
        && e.source.consumers(output).is_empty()
        && scores.len() == 2
        && node.text("reduction", "mean") == "mean"
        && node.input(2).is_none()
        && !node.attributes.contains_key("ignore_index")
        && node.output(1).is_none()
        && labels.role == Role::Input;
    if !is_own {
        return composed(e, node);
    }
    let logits = e.input(node, 0)?;
    let logits = e.rows(logits, scores[1]);
    let form = Form::OneHot { classes: scores[1] };
    let rows = e.fed(&format!("{}.rows", labels.name), labels, form, |graph, slot| graph.input(slot, scores));
    e.loss_in_parts = true;
    let loss = e.graph.cross_entropy_loss(logits, rows);
    e.set(output, loss);
    Ok(())
}

fn composed(e: &mut Emitter, node: &Node) -> Result<(), String> {
    let shape = e.shape(node, 0);
    let sizes = Sizes { batch: shape[0], classes: shape[1], points: shape[2..].iter().product() };
    let scores = e.input(node, 0)?;
    let rows = e.turned(scores, sizes.batch, sizes.classes, sizes.points);
    let rows = e.rows(rows, sizes.classes);
    let logs = e.logarithms(rows);
    let labels = e.input(node, 1)?;
    let ones = e.one_hot(labels, sizes.classes);
    let chosen = e.graph.mul(logs, ones);
    let chosen = e.graph.sum_inner(chosen);
    let weights = row_weights(e, node, labels, ones)?;
    let weights = e.alike(weights, chosen);
    let weighted = e.graph.mul(chosen, weights);
    let losses = e.graph.neg(weighted);
    let loss = match node.text("reduction", "mean") {
        "none" => losses,
        "sum" => e.graph.sum_all(losses),
        _ => {
            let (sum, total) = (e.graph.sum_all(losses), e.graph.sum_all(weights));
            e.graph.div(sum, total)
        }
    };
    if let Some(output) = node.output(0) {
        e.set(output, loss);
    }
    if let Some(output) = node.output(1) {
        let logs = e.turned(logs, sizes.batch, sizes.points, sizes.classes);
        e.set(output, logs);
    }
    Ok(())
}

/// What each label weighs, 0 where it is ignored.
fn row_weights(e: &mut Emitter, node: &Node, labels: NodeId, ones: NodeId) -> Emitted {
    let labels = e.flat(labels);
    let mut weights = e.filled(1.0, labels);
    if node.input(2).is_some() {
        let given = e.input(node, 2)?;
        let given = e.rows(given, 1);
        let own = e.graph.matmul(ones, given);
        weights = e.flat(own);
    }
    if node.attributes.contains_key("ignore_index") {
        let ignored = e.filled(node.int("ignore_index", 0) as f32, labels);
        let counted = e.differ(labels, ignored);
        weights = e.graph.mul(weights, counted);
    }
    Ok(weights)
}
