//! Answers requests until the pipe ends: decodes messages, calls the runner, encodes replies. What fails, in the request or in the
//! framework, is an answer; nothing but the end of the pipe ends the loop.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::Runner;
use crate::channel::Channel;
use crate::failure::{Answer, Failure};
use crate::forms::{self, Forms};
use crate::graph::Role;
use crate::inputs::read_inputs;
use crate::load::Load;
use crate::message::{self, Call, InputsRequest, LoadRequest, OutputsRequest, StepsRequest, Success};
use crate::outputs::OutputFile;
use crate::tensor::Tensors;

/// What the graph of the last load that succeeded says of its inputs, and of what a step leaves.
struct Loaded {
    inputs: Forms,
    outputs: Forms,
    in_parts: bool,
}

pub struct Server<R, F> {
    channel: Channel,
    make_runner: F,
    runner: Option<R>,
    loaded: Option<Loaded>,
    /// Of the last inputs; those before `next` are used and gone.
    sets: Vec<Tensors>,
    next: usize,
    /// Of the last step, whose runner may refer to them.
    inputs: Tensors,
    /// Their place in their file.
    last_set: Option<usize>,
}

impl<R: Runner, F: FnMut() -> Answer<R>> Server<R, F> {
    pub fn new(channel: Channel, make_runner: F) -> Self {
        let inputs = Tensors::new();
        Self { channel, make_runner, runner: None, loaded: None, sets: Vec::new(), next: 0, inputs, last_set: None }
    }

    /// Until `close` or the end of input.
    pub fn serve(mut self) {
        while let Ok(Some(line)) = self.channel.read_line() {
            let request = message::decode_request(&line);
            let closes = matches!(&request, Ok(request) if matches!(request.call, Call::Close));
            let (id, answer) = match request {
                Ok(request) => (request.id, self.answer(request.call)),
                Err(fault) => (message::request_id(&line).unwrap_or(0), Err(Failure::failed(fault))),
            };
            if self.channel.write_line(message::encode_reply(id, &answer)).is_err() || closes {
                return;
            }
        }
    }

    /// No panic leaves: a framework's panic is its failure.
    fn answer(&mut self, call: Call) -> Answer<Success> {
        catch_unwind(AssertUnwindSafe(|| self.handle(call)))
            .unwrap_or_else(|panic| Err(Failure::failed(text_of(panic.as_ref()))))
    }

    fn handle(&mut self, call: Call) -> Answer<Success> {
        match call {
            Call::Describe => Ok(Success::Description(self.describe()?)),
            Call::Load(request) => self.load(*request),
            Call::Inputs(request) => self.read(&request),
            Call::Steps(request) => self.steps(&request),
            Call::Outputs(request) => self.write(&request),
            Call::Close => Ok(Success::Nothing {}),
        }
    }

    fn describe(&mut self) -> Answer<message::Description> {
        let mut description = self.ready_runner()?.describe()?;
        if option_env!("ASSAY_QUICK_BUILDS").is_some_and(|wanted| !wanted.is_empty()) {
            description.details.insert("build".to_string(), "quick, without link-time optimisation".to_string());
        }
        Ok(description)
    }

    fn load(&mut self, request: LoadRequest) -> Answer<Success> {
        self.loaded = None;
        self.forget_sets();
        self.inputs.clear();
        self.last_set = None;
        let load = Load::read(request)?;
        let inputs = forms::of_role(&load.graph, Role::Input);
        let outputs = forms::of_outputs(&load.graph, load.request.gradients);
        let in_parts = load.generation.is_some();
        let result = self.ready_runner()?.load(load)?;
        self.loaded = Some(Loaded { inputs, outputs, in_parts });
        Ok(Success::Loaded(result))
    }

    fn read(&mut self, request: &InputsRequest) -> Answer<Success> {
        let loaded = self.loaded.as_ref().ok_or_else(|| Failure::failed("inputs before a load that succeeded"))?;
        let sets = read_inputs(request, &loaded.inputs);
        self.forget_sets();
        self.sets = sets?;
        Ok(Success::Nothing {})
    }

    fn steps(&mut self, request: &StepsRequest) -> Answer<Success> {
        let loaded = self.loaded.as_ref().ok_or_else(|| Failure::failed("steps before a load that succeeded"))?;
        let (count, left) = (request.count.get(), self.sets.len() - self.next);
        if count > left {
            return Err(Failure::failed(format!("{count} steps are asked for, and inputs of {left} are left")));
        }
        self.last_set = None;
        let begin = self.next;
        self.next += count;
        let runner = self.runner.as_mut().expect("what is loaded has a runner");
        let sets = &self.sets[begin..self.next];
        let times = if loaded.in_parts { time_parts(runner, sets) } else { time_steps(runner, sets) };
        let used = &mut self.sets[begin..self.next];
        self.inputs = std::mem::take(&mut used[count - 1]);
        used.iter_mut().for_each(Tensors::clear);
        let success = times?;
        self.last_set = Some(self.next - 1);
        Ok(success)
    }

    fn write(&mut self, request: &OutputsRequest) -> Answer<Success> {
        let (Some(set), Some(loaded), Some(runner)) = (self.last_set, &self.loaded, &mut self.runner) else {
            return Err(Failure::failed("outputs before a step that succeeded"));
        };
        OutputFile::create(&request.path, &loaded.outputs, |file| runner.outputs(file))?;
        Ok(Success::Written { set })
    }

    fn forget_sets(&mut self) {
        self.sets.clear();
        self.next = 0;
    }

    /// Made at the first request, so that a framework that does not start is an answer and not a crash.
    fn ready_runner(&mut self) -> Answer<&mut R> {
        if self.runner.is_none() {
            self.runner = Some((self.make_runner)()?);
        }
        Ok(self.runner.as_mut().expect("it was made"))
    }
}

/// The timed loop: nothing but the step lies between the two looks at the clock.
fn time_steps(runner: &mut impl Runner, sets: &[Tensors]) -> Answer<Success> {
    let mut samples_ns = vec![0; sets.len()];
    for (set, sample_ns) in sets.iter().zip(&mut samples_ns) {
        let start = Instant::now();
        let done = runner.step(set);
        let elapsed = start.elapsed();
        done?;
        *sample_ns = (elapsed.as_nanos() as u64).max(1);
    }
    Ok(Success::Samples { samples_ns, parts_ns: None })
}

/// The same of steps that run in parts.
fn time_parts(runner: &mut impl Runner, sets: &[Tensors]) -> Answer<Success> {
    let (mut samples_ns, mut parts_ns) = (Vec::new(), Vec::new());
    for set in sets {
        let start = Instant::now();
        let mut last = start;
        runner.parts(set, &mut || {
            let now = Instant::now();
            parts_ns.push((now.duration_since(last).as_nanos() as u64).max(1));
            last = now;
        })?;
        samples_ns.push((start.elapsed().as_nanos() as u64).max(1));
    }
    Ok(Success::Samples { samples_ns, parts_ns: Some(parts_ns) })
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_string())
}

/// Takes standard input and output, then makes the runner at the first request, and answers until `close` or the end of input. Ends the
/// process with code 4 when the system refuses the streams.
pub fn serve<R: Runner>(make_runner: impl FnMut() -> Answer<R>) {
    match Channel::take_standard_streams() {
        Ok(channel) => Server::new(channel, make_runner).serve(),
        Err(error) => {
            eprintln!("the runner's pipe: {error}");
            std::process::exit(4);
        }
    }
}

#[cfg(test)]
#[path = "server_test.rs"]
mod tests;
