//! What a runner implements, and what it is given. A runner's program is
//!
//! ```no_run
//! # use assay_runner::*;
//! # struct MyRunner;
//! # impl Runner for MyRunner {
//! #     fn describe(&mut self) -> Answer<Description> { todo!() }
//! #     fn load(&mut self, _: Load) -> Answer<Loaded> { todo!() }
//! #     fn step(&mut self, _: &Tensors) -> Answer<()> { todo!() }
//! #     fn outputs(&mut self, _: &mut OutputFile) -> Answer<()> { todo!() }
//! # }
//! # impl MyRunner { fn new() -> Self { MyRunner } }
//! fn main() {
//!     assay_runner::serve(|| Ok(MyRunner::new()));
//! }
//! ```
//!
//! The SDK owns the pipe, the clock, the timing loop and the tensor files (docs/protocol.md).

mod attention;
mod channel;
mod einsum;
mod failure;
mod forms;
mod generation;
mod graph;
mod grid_sample;
mod inputs;
pub mod lavapipe;
mod load;
mod lock;
mod message;
mod outputs;
mod padding;
mod patches;
mod rearranged;
mod recurrent;
mod running_sum;
mod server;
mod tensor;
#[cfg(test)]
mod testing;
mod window;

pub use attention::AttentionSizes;
pub use einsum::{Contracted, Einsum};
pub use failure::{Answer, Failure, NodeIssue, Reason};
pub use generation::{Generation, part_inputs, state_of};
pub use graph::{Attribute, Graph, Node, Role, Value, ValueId};
pub use grid_sample::{GridSample, Sampled};
pub use load::Load;
pub use lock::locked_version;
pub use message::{Description, Device, LoadRequest, Loaded};
pub use outputs::OutputFile;
pub use padding::Pads;
pub use patches::{PoolWindows, Reads, column_major, reads};
pub use rearranged::Rearranged;
pub use recurrent::Recurrence;
pub use running_sum::running_sum_matrix;
pub use safetensors::Dtype;
pub use server::{Server, serve};
pub use tensor::{Tensor, Tensors};
pub use window::Window;

/// A framework that runs a graph.
pub trait Runner {
    fn describe(&mut self) -> Answer<Description>;

    /// Builds the model on the device and makes the state resident. Replaces what was loaded before.
    fn load(&mut self, load: Load) -> Answer<Loaded>;

    /// Runs once with these inputs, waits until all outputs are complete, keeps them. This is what is timed. The inputs are exactly
    /// the graph's, in host memory that is contiguous, aligned to 64 bytes and theirs alone until the next step. None comes
    /// twice, and which are judged is not said.
    fn step(&mut self, inputs: &Tensors) -> Answer<()>;

    /// Instead of `step` where the load has a generation: runs a whole request, and calls `done` whenever one of its parts is complete, prefill
    /// first. The outputs are those of all parts, joined along the same dimension.
    fn parts(&mut self, _inputs: &Tensors, _done: &mut (dyn FnMut() + Send)) -> Answer<()> {
        Err(Failure::failed("this runner runs no requests in parts"))
    }

    /// Writes what the last step left, not recomputed, in any order: the graph's outputs by name, with gradients also
    /// "grad.PARAMETER". What needs a copy needs one at a time. May be asked for twice.
    fn outputs(&mut self, to: &mut OutputFile) -> Answer<()>;
}
