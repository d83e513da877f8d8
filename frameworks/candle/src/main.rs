//! The runner of Candle: our graph on Candle's operators, on the one device that it is compiled for.

mod activations;
mod arithmetic;
mod attention;
mod convert;
mod convolution;
mod device;
mod einsum;
mod elementwise;
mod indexing;
mod kernel;
mod layout;
mod matrix;
mod normalization;
mod operators;
mod order;
mod pooling;
mod power;
mod program;
mod rearrangement;
mod recurrent;
mod reduction;
mod resize;
mod rotary;
mod sampling;
#[cfg(test)]
mod testing;
mod threads;
mod trigonometry;
mod whole_request;

use assay_runner::{Answer, Description, Device, Load, Loaded, OutputFile, Runner, Tensors, locked_version, serve};

use crate::program::{Program, Source};
use crate::whole_request::WholeRequest;

const LOCK: &str = include_str!("../Cargo.lock");

/// In Candle's pool where the processor is the device. With MKL it is this thread that has all of MKL's threads (threads.rs); Candle's pools are
/// there besides.
fn in_pool<T: Send>(compute: impl FnOnce() -> T + Send) -> T {
    if candle_core::utils::has_mkl() { compute() } else { device::here().with_context(compute) }
}

#[derive(Default)]
struct Candle {
    program: Option<Program>,
    request: Option<WholeRequest>,
}

impl Runner for Candle {
    fn describe(&mut self) -> Answer<Description> {
        let device = device::open()?;
        let yes = |is: bool| if is { "yes" } else { "no" }.to_string();
        let details = [("mkl", candle_core::utils::has_mkl()), ("avx2", candle_core::utils::with_avx())];
        Ok(Description {
            framework: "Candle".to_string(),
            version: locked_version(LOCK, "candle-core").to_string(),
            devices: vec![Device { name: device::NAME.to_string(), description: device::description(device)? }],
            operators: operators::names(),
            precisions: vec!["f32".to_string()],
            training: true,
            details: details.map(|(name, is)| (name.to_string(), yes(is))).into(),
        })
    }

    fn load(&mut self, load: Load) -> Answer<Loaded> {
        self.program = None;
        self.request = None;
        load.request.require(&[device::NAME], &["f32"])?;
        device::open()?;
        let threads = load.request.threads.get();
        threads::limit_to(threads)?;
        if load.generation.is_some() {
            self.request = Some(in_pool(|| WholeRequest::build(&load))?);
        } else {
            self.program = Some(in_pool(|| Program::build(&Source::of(&load)))?);
        }
        Ok(Loaded { precision: "f32".to_string(), threads, notes: String::new() })
    }

    fn step(&mut self, inputs: &Tensors) -> Answer<()> {
        let program = self.program.as_mut().expect("a load came before");
        in_pool(|| program.step(inputs))
    }

    fn parts(&mut self, inputs: &Tensors, done: &mut (dyn FnMut() + Send)) -> Answer<()> {
        let request = self.request.as_mut().expect("a load of a request came before");
        in_pool(|| request.parts(inputs, done))
    }

    fn outputs(&mut self, to: &mut OutputFile) -> Answer<()> {
        if let Some(request) = &self.request {
            return in_pool(|| request.outputs(to));
        }
        let program = self.program.as_ref().expect("a load came before");
        in_pool(|| program.outputs(to))
    }
}

fn main() {
    serve(|| Ok(Candle::default()));
}
