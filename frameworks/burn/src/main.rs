//! Runs a graph on Burn: on a back end as it is for inference, with Burn's Autodiff around it for training.

mod attention;
mod elementwise;
mod image;
mod indexing;
mod layout;
mod loss;
mod matrix;
mod model;
mod network;
mod normalization;
mod operators;
mod padding;
mod pooling;
mod reduction;
mod resize;
mod rotation;
mod value;

use assay_runner::*;
use burn_flex::{Flex, FlexDevice};

use crate::model::Model;

#[derive(Default)]
struct BurnRunner {
    model: Option<Box<dyn Model>>,
}

/// Of Burn's crates, which are released together.
fn version() -> &'static str {
    locked_version(include_str!("../Cargo.lock"), "burn-backend")
}

/// Burn computes on rayon's pool, of which this thread is one: there is one pool in a process, and it stays as it is.
fn hold_threads(threads: usize) -> Answer<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread();
    if pool.build_global().is_err() && rayon::current_num_threads() != threads {
        let there = rayon::current_num_threads();
        return Err(Failure::failed(format!("the pool of {there} threads cannot become one of {threads}")));
    }
    Ok(())
}

impl Runner for BurnRunner {
    fn describe(&mut self) -> Answer<Description> {
        Ok(Description {
            framework: "Burn".into(),
            version: version().into(),
            devices: vec![Device { name: "cpu".into(), description: "Flex, in Rust".into() }],
            operators: operators::OPERATORS.iter().map(ToString::to_string).collect(),
            precisions: vec!["f32".into()],
            training: true,
            details: Default::default(),
        })
    }

    fn load(&mut self, load: Load) -> Answer<Loaded> {
        self.model = None;
        load.request.require(&["cpu"], &["f32"])?;
        let threads = load.request.threads.get();
        hold_threads(threads)?;
        self.model = Some(model::of::<Flex>(load, FlexDevice)?);
        Ok(Loaded { precision: "f32".into(), threads, notes: String::new() })
    }

    fn step(&mut self, inputs: &Tensors) -> Answer<()> {
        self.model.as_mut().expect("a load came before").step(inputs)
    }

    fn outputs(&mut self, to: &mut OutputFile) -> Answer<()> {
        self.model.as_mut().expect("a load came before").outputs(to)
    }
}

fn main() {
    serve(|| Ok(BurnRunner::default()));
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_is_that_of_the_lock() {
        assert_eq!(super::version().split('.').count(), 3);
    }

    #[test]
    fn operators_are_sorted() {
        assert!(super::operators::OPERATORS.is_sorted());
    }
}
