//! All operators, one table a file.

use crate::kernel::{Compile, Compiled, Site, refuse};
use crate::{
    activations, arithmetic, attention, convolution, einsum, elementwise, indexing, layout, matrix, normalization,
    order, pooling, power, rearrangement, recurrent, reduction, resize, rotary, sampling, trigonometry,
};

fn all() -> impl Iterator<Item = &'static (&'static str, Compile)> {
    let tables = [
        activations::OPERATORS,
        arithmetic::OPERATORS,
        attention::OPERATORS,
        convolution::OPERATORS,
        einsum::OPERATORS,
        elementwise::OPERATORS,
        indexing::OPERATORS,
        layout::OPERATORS,
        matrix::OPERATORS,
        normalization::OPERATORS,
        order::OPERATORS,
        pooling::OPERATORS,
        power::OPERATORS,
        rearrangement::OPERATORS,
        recurrent::OPERATORS,
        reduction::OPERATORS,
        resize::OPERATORS,
        rotary::OPERATORS,
        sampling::OPERATORS,
        trigonometry::OPERATORS,
    ];
    tables.into_iter().flatten()
}

/// Their names, sorted.
pub fn names() -> Vec<String> {
    let mut names: Vec<_> = all().map(|(name, _)| name.to_string()).collect();
    names.sort();
    names
}

/// The node's kernel, or why it cannot be done.
pub fn compile(site: &Site) -> Compiled {
    let Some((_, compile)) = all().find(|(name, _)| *name == site.node.op) else {
        return refuse("not an operator of this runner");
    };
    match site.foreign_type() {
        Some(fault) => refuse(fault),
        None => compile(site),
    }
}
