//! The runner of Luminal: our graph on Luminal's operators, on the CPU.

mod activation;
mod arrange;
mod attention;
mod einsum;
mod elementwise;
mod emitter;
mod grid;
mod indexing;
mod kernels;
mod layout;
mod loss;
mod mask;
mod matrix;
mod movement;
mod normalization;
mod operators;
mod order;
mod program;
mod recurrence;
mod reduction;
mod rotary;
mod rounding;
mod scatter;
mod trigonometry;
mod unpool;
mod whole_request;
mod window;

use assay_runner::{
    Answer, Description, Device, Failure, Load, Loaded, OutputFile, Runner, Tensors, locked_version, serve,
};

use crate::program::{Program, Source};
use crate::whole_request::WholeRequest;

/// How many threads matrixmultiply makes of a number.
fn pool_size(threads: usize) -> usize {
    match threads {
        0 | 1 => 1,
        2 | 3 => 2,
        _ => 4,
    }
}

/// Read once, at the first matrix product of the process.
const THREADS: &str = "MATMUL_NUM_THREADS";

const LOCK: &str = include_str!("../Cargo.lock");

#[derive(Default)]
struct Luminal {
    program: Option<Program>,
    request: Option<WholeRequest>,
    threads: Option<usize>,
}

impl Runner for Luminal {
    fn describe(&mut self) -> Answer<Description> {
        Ok(Description {
            framework: "Luminal".to_string(),
            version: locked_version(LOCK, "luminal").to_string(),
            devices: vec![Device { name: "cpu".to_string(), description: String::new() }],
            operators: operators::names(),
            precisions: vec!["f32".to_string()],
            training: false,
            details: [("matrixmultiply".to_string(), locked_version(LOCK, "matrixmultiply").to_string())].into(),
        })
    }

    fn load(&mut self, load: Load) -> Answer<Loaded> {
        self.program = None;
        self.request = None;
        load.request.require(&["cpu"], &["f32"])?;
        let threads = pool_size(load.request.threads.get());
        if let Some(has) = self.threads.replace(threads).filter(|&has| has != threads) {
            self.threads = Some(has);
            return Err(Failure::failed(format!(
                "Luminal's matrix product has {has} threads for the life of the process"
            )));
        }
        // SAFETY: no other thread is there before the first matrix product.
        unsafe { std::env::set_var(THREADS, threads.to_string()) };
        if load.generation.is_some() {
            self.request = Some(WholeRequest::build(&load)?);
        } else {
            self.program = Some(Program::build(&Source::of(&load))?);
        }
        Ok(Loaded { precision: "f32".to_string(), threads, notes: String::new() })
    }

    fn step(&mut self, inputs: &Tensors) -> Answer<()> {
        self.program.as_mut().expect("a load came before").step(inputs);
        Ok(())
    }

    fn parts(&mut self, inputs: &Tensors, done: &mut (dyn FnMut() + Send)) -> Answer<()> {
        self.request.as_mut().expect("a load of a request came before").parts(inputs, done)
    }

    fn outputs(&mut self, to: &mut OutputFile) -> Answer<()> {
        if let Some(request) = &self.request {
            return request.outputs(to);
        }
        self.program.as_ref().expect("a load came before").write(to)
    }
}

fn main() {
    serve(|| Ok(Luminal::default()));
}
