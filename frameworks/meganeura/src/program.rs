//! A loaded model: one session, compiled once, whose buffers stay.

use std::collections::HashMap;
use std::path::Path;

use assay_runner::{Answer, Dtype, Failure, LoadRequest, OutputFile, Role, Tensor, Tensors, Value, ValueId, state_of};
use meganeura::runtime::{CoopPolicy, SessionOptions};
use meganeura::{Mode, Session, SessionConfig, build};

use crate::device;
use crate::download::download;
use crate::emitter::{Cache, Emitter, Feed, Floats, Form, Source};
use crate::operators::emit_all;

/// A tensor that a step leaves.
struct Left {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
}

impl Left {
    fn of(value: &Value) -> Self {
        Self { name: value.name.clone(), dtype: value.dtype, shape: value.shape.clone() }
    }
}

pub struct Program {
    session: Session,
    caches: Vec<Cache>,
    feeds: HashMap<String, Feed>,
    /// Where rows of labels have their 1.
    marks: HashMap<String, Vec<usize>>,
    outputs: Vec<Left>,
    trained: Vec<Left>,
    /// The first output, where it is a loss that is left in parts.
    loss: Option<f32>,
}

impl Program {
    pub fn load(source: &Source, request: &LoadRequest) -> Answer<Self> {
        let mut e = Emitter::new(source);
        emit_all(&mut e, source.graph)?;
        // What a cache keeps is not given out.
        let named = |&id: &ValueId| !source.cached || state_of(&source.graph.value(id).name).is_none();
        let wanted: Vec<_> = source.graph.outputs.iter().copied().filter(named).collect();
        let output = |&id: &ValueId| {
            let node = e.node(id)?;
            // Autodiff begins with a list of one number.
            Ok(if source.gradients { e.flat(node) } else { node })
        };
        let outputs: Result<Vec<_>, String> = wanted.iter().map(output).collect();
        let outputs = outputs.map_err(Failure::failed)?;
        e.graph.set_outputs(outputs);
        let config = SessionConfig {
            mode: if source.gradients { Mode::Training } else { Mode::Inference },
            gpu: Some(device::open(&request.device, request.threads.get(), Path::new(&request.cache))?),
            // By itself it would take half precision where the device has cooperative matrices of no other type.
            runtime: SessionOptions { coop: CoopPolicy::Disabled, ..SessionOptions::default() },
            ..SessionConfig::default()
        };
        let (mut session, _) = build(&e.graph, config);
        upload(&mut session, &e);
        let left = |&id: &ValueId| Left::of(source.graph.value(id));
        let trained = source.graph.with_role(Role::Parameter).filter(|(_, value)| source.gradients && value.trainable);
        Ok(Self {
            session,
            feeds: e.feeds,
            caches: e.caches,
            marks: HashMap::new(),
            outputs: wanted.iter().map(left).collect(),
            trained: trained.map(|(_, value)| Left::of(value)).collect(),
            loss: e.loss_in_parts.then_some(0.0),
        })
    }

    /// What the last step left, by the outputs' names, with its shape.
    pub fn left(&self) -> impl Iterator<Item = (&str, &[usize], Vec<f32>)> {
        self.outputs
            .iter()
            .enumerate()
            .map(|(place, left)| (left.name.as_str(), left.shape.as_slice(), self.floats(place)))
    }

    fn floats(&self, place: usize) -> Vec<f32> {
        let mut floats = vec![0.0; self.outputs[place].shape.iter().product()];
        let buffer = self.session.output_buffer(place).expect("as many outputs as the graph has");
        download(&self.session.context(), buffer, &mut floats);
        floats
    }

    pub fn caches(&self) -> &[Cache] {
        &self.caches
    }

    pub fn fill(&mut self, cache: &str, floats: &[f32]) {
        self.session.set_parameter(cache, floats);
    }

    pub fn step(&mut self, inputs: &Tensors) {
        for (slot, feed) in &self.feeds {
            let tensor = &inputs[&feed.input];
            match feed.form {
                Form::Numbers => self.session.set_input(slot, &Floats::of(tensor)),
                Form::First => self.session.set_input_u32(slot, &indices_of(tensor, 0)[..1]),
                Form::Indices { rows } => self.session.set_input_u32(slot, &indices_of(tensor, rows)),
                Form::OneHot { classes } => {
                    let marks = indices_of(tensor, classes)
                        .iter()
                        .enumerate()
                        .map(|(row, &label)| row * classes + label as usize)
                        .collect();
                    mark(&self.session, slot, self.marks.insert(slot.clone(), marks).as_deref(), &self.marks[slot]);
                }
            }
        }
        self.session.step();
        self.session.wait();
        if self.loss.is_some() {
            self.loss = Some(self.session.read_loss());
        }
    }

    pub fn outputs(&mut self, to: &mut OutputFile) -> Answer<()> {
        for (place, left) in self.outputs.iter().enumerate() {
            let floats = match self.loss.filter(|_| place == 0) {
                Some(loss) => vec![loss],
                None => self.floats(place),
            };
            write(left, &floats, to)?;
        }
        for left in &self.trained {
            let mut floats = vec![0.0; left.shape.iter().product()];
            // What nothing reads has no gradient here, which is one of zeros.
            if self.session.has_parameter(&left.name) && self.session.has_param_grad(&left.name) {
                self.session.read_param_grad(&left.name, &mut floats);
            }
            to.write_f32(&format!("grad.{}", left.name), &left.shape, &floats)?;
        }
        Ok(())
    }
}

fn write(left: &Left, floats: &[f32], to: &mut OutputFile) -> Answer<()> {
    let mut bytes = |bytes: Vec<u8>| to.write(&left.name, left.dtype, &left.shape, &bytes);
    match left.dtype {
        Dtype::I64 => bytes(floats.iter().flat_map(|&x| (x as i64).to_le_bytes()).collect()),
        Dtype::I32 => bytes(floats.iter().flat_map(|&x| (x as i32).to_le_bytes()).collect()),
        Dtype::BOOL => bytes(floats.iter().map(|&x| u8::from(x != 0.0)).collect()),
        _ => to.write_f32(&left.name, &left.shape, floats),
    }
}

fn upload(session: &mut Session, e: &Emitter) {
    for (name, floats) in &e.parameters {
        session.set_parameter(name, floats);
    }
    for (name, floats) in &e.kept {
        session.set_input(name, floats);
    }
    for (name, indices) in &e.indices {
        session.set_input_u32(name, indices);
    }
}

/// Those below zero count from the end.
fn indices_of(tensor: &Tensor, count: usize) -> Vec<u32> {
    let from_the_start = |index: i64| (if index < 0 { index + count as i64 } else { index }) as u32;
    match tensor.dtype() {
        Dtype::I64 => tensor.data::<i64>().iter().map(|&index| from_the_start(index)).collect(),
        _ => tensor.data::<i32>().iter().map(|&index| from_the_start(index.into())).collect(),
    }
}

/// Moves the ones of a matrix, which holds nothing else: to write all of it would take longer than the rest of the step's inputs.
fn mark(session: &Session, name: &str, before: Option<&[usize]>, after: &[usize]) {
    let (pointer, bytes) = session.input_host_ptr(name).expect("an input of the session");
    // SAFETY: the buffer belongs to the session, is mapped and aligned to its floats, and no step is under way.
    let floats = unsafe { std::slice::from_raw_parts_mut(pointer.cast::<f32>(), bytes / 4) };
    match before {
        Some(places) => places.iter().for_each(|&place| floats[place] = 0.0),
        None => floats.fill(0.0),
    }
    after.iter().for_each(|&place| floats[place] = 1.0);
}
