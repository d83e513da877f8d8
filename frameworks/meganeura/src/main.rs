//! Assay's graph on Meganeura's own operators and its own gradients: one session, compiled when the model is loaded.

mod activation;
mod arrange;
mod attention;
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

use assay_runner::*;

use program::Program;

#[derive(Default)]
struct MeganeuraRunner {
    program: Option<Program>,
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
        self.program = Some(Program::load(&load)?);
        Ok(Loaded { precision: "f32".into(), threads: load.request.threads.get(), notes: String::new() })
    }

    fn step(&mut self, inputs: &Tensors) -> Answer<()> {
        self.loaded()?.step(inputs);
        Ok(())
    }

    fn outputs(&mut self, to: &mut OutputFile) -> Answer<()> {
        self.loaded()?.outputs(to)
    }
}

fn main() {
    serve(|| Ok(MeganeuraRunner::default()));
}
