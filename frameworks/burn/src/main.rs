//! Runs a graph on Burn: on a back end as it is for inference, with Burn's Autodiff around it for training.

mod activations;
mod arithmetic;
mod attention;
#[cfg_attr(feature = "cuda", path = "backend/cuda.rs")]
#[cfg_attr(all(feature = "wgpu", not(feature = "cuda")), path = "backend/wgpu.rs")]
#[cfg_attr(not(any(feature = "cuda", feature = "wgpu")), path = "backend/flex.rs")]
mod backend;
mod einsum;
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
mod order;
mod padding;
mod pooling;
mod rearrangement;
mod recurrent;
mod reduction;
mod resize;
mod rotation;
mod sampling;
#[cfg(all(test, feature = "flex"))]
mod testing;
#[cfg(any(feature = "cuda", feature = "wgpu"))]
#[path = "backend/tuning.rs"]
mod tuning;
mod value;
mod whole_request;

use assay_runner::*;

use crate::model::Model;

#[derive(Default)]
struct BurnRunner {
    model: Option<Box<dyn Model>>,
}

/// Of Burn's crates, which are released together.
fn version() -> &'static str {
    locked_version(include_str!("../Cargo.lock"), "burn-backend")
}

impl Runner for BurnRunner {
    fn describe(&mut self) -> Answer<Description> {
        Ok(Description {
            framework: "Burn".into(),
            version: version().into(),
            devices: backend::devices()?,
            operators: operators::OPERATORS.iter().map(ToString::to_string).collect(),
            precisions: vec![backend::PRECISION.into()],
            training: true,
            details: Default::default(),
        })
    }

    fn load(&mut self, load: Load) -> Answer<Loaded> {
        self.model = None;
        load.request.require(backend::DEVICES, &["f32"])?;
        let threads = load.request.threads.get();
        self.model = Some(backend::load(load)?);
        Ok(Loaded { precision: backend::PRECISION.into(), threads, notes: String::new() })
    }

    fn step(&mut self, inputs: &Tensors) -> Answer<()> {
        self.model.as_mut().expect("a load came before").step(inputs)
    }

    fn parts(&mut self, inputs: &Tensors, done: &mut (dyn FnMut() + Send)) -> Answer<()> {
        self.model.as_mut().expect("a load came before").parts(inputs, done)
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
