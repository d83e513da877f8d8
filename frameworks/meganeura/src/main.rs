//! Assay's graph on Meganeura's own operators and its own gradients: one session, compiled when the model is loaded.

mod activation;
mod arrange;
mod attention;
mod cached_attention;
mod device;
mod download;
mod einsum;
mod elementwise;
mod emitter;
mod gathered;
mod grid;
mod image;
mod indexing;
mod layout;
mod logic;
mod loss;
mod masked_attention;
mod matrix;
mod normalization;
mod norms;
mod operators;
mod order;
mod patches;
mod program;
mod recurrence;
mod reduction;
mod resize;
mod rotary;
mod rounding;
mod trigonometry;
mod waves;
mod whole_request;

use assay_runner::*;

use emitter::Source;
use program::Program;
use whole_request::WholeRequest;

#[derive(Default)]
struct MeganeuraRunner {
    program: Option<Program>,
    request: Option<WholeRequest>,
}

impl MeganeuraRunner {
    fn loaded(&mut self) -> Answer<&mut Program> {
        self.program.as_mut().ok_or_else(|| Failure::failed("nothing is loaded"))
    }
}

impl Runner for MeganeuraRunner {
    fn describe(&mut self) -> Answer<Description> {
        Ok(Description {
            framework: "Meganeura".into(),
            version: locked_version(include_str!("../Cargo.lock"), "meganeura").into(),
            devices: device::devices()?,
            precisions: vec!["f32".into()],
            training: true,
            ..Description::default()
        })
    }

    fn load(&mut self, load: Load) -> Answer<Loaded> {
        load.request.require(&["lavapipe", "vulkan"], &["f32"])?;
        self.program = None; // its memory is free before the next one takes some
        self.request = None;
        if load.generation.is_some() {
            self.request = Some(WholeRequest::load(&load)?);
        } else {
            self.program = Some(Program::load(&Source::of(&load), &load.request)?);
        }
        Ok(Loaded { precision: "f32".into(), threads: load.request.threads.get(), notes: String::new() })
    }

    fn step(&mut self, inputs: &Tensors) -> Answer<()> {
        self.loaded()?.step(inputs);
        Ok(())
    }

    fn parts(&mut self, inputs: &Tensors, done: &mut (dyn FnMut() + Send)) -> Answer<()> {
        let request = self.request.as_mut().ok_or_else(|| Failure::failed("no request is loaded"))?;
        request.parts(inputs, done);
        Ok(())
    }

    fn outputs(&mut self, to: &mut OutputFile) -> Answer<()> {
        if let Some(request) = &self.request {
            return request.outputs(to);
        }
        self.loaded()?.outputs(to)
    }
}

fn main() {
    serve(|| Ok(MeganeuraRunner::default()));
}
