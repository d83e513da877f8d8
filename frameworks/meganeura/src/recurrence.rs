//! LSTM, GRU and RNN, step by step: Meganeura's graphs have no loops. The input's products of all steps are one.

use assay_runner::{Node, Recurrence};
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter};

/// One direction of a node.
struct Direction<'a> {
    node: &'a Node,
    sizes: &'a Recurrence,
    number: usize,
    /// [rows, hidden], a list.
    weights: NodeId,
    /// Of all steps, [steps, batch, rows]: the input's products with all that is added to them.
    inputs: NodeId,
    /// What is added to the state's product for the hidden gate of a GRU, [hidden].
    hidden_bias: Option<NodeId>,
}

/// Each a list, [batch, hidden].
#[derive(Clone, Copy)]
struct State {
    hidden: NodeId,
    cell: NodeId,
}

/// Y, and the last states.
pub fn recurrence(e: &mut Emitter, node: &Node) -> Result<(), String> {
    let sizes = Recurrence::of(e.source, node);
    let directions = sizes.backward.len();
    let mut all = vec![None; sizes.steps * directions];
    let mut last = Vec::new();
    for number in 0..directions {
        let direction = Direction::of(e, node, &sizes, number)?;
        let mut state = direction.start(e)?;
        for step in sizes.order(number) {
            all[step * directions + number] = Some(direction.advance(e, &mut state, step)?);
        }
        last.push(state);
    }
    let all: Vec<_> = all.into_iter().flatten().collect();
    let (hidden, cell): (Vec<_>, Vec<_>) = last.iter().map(|state| (state.hidden, state.cell)).unzip();
    let (batch, width, steps) = (sizes.batch, sizes.hidden, sizes.steps);
    for (place, parts) in [all, hidden, cell].into_iter().enumerate() {
        let Some(output) = node.output(place) else { continue };
        let joined = e.side_by_side(&parts, 1);
        let front = if place == 0 { steps * directions } else { directions };
        // The batch comes first, or behind the directions.
        let found = if sizes.batch_first { e.swapped(joined, front, batch, width) } else { joined };
        e.set(output, found);
    }
    Ok(())
}

impl<'a> Direction<'a> {
    fn of(e: &mut Emitter, node: &'a Node, sizes: &'a Recurrence, number: usize) -> Result<Self, String> {
        let (rows, hidden) = (sizes.rows(), sizes.hidden);
        let weights = Self::own(e, node, 2, number, rows * hidden)?;
        let w = Self::own(e, node, 1, number, rows * sizes.input)?;
        let x = e.input(node, 0)?;
        let x = if sizes.batch_first { e.swapped(x, sizes.batch, sizes.steps, sizes.input) } else { x };
        let (x, w) = (e.rows(x, sizes.input), e.rows(w, sizes.input));
        let inputs = e.graph.matmul_bt(x, w);
        let mut direction = Self { node, sizes, number, weights, inputs, hidden_bias: None };
        if node.input(3).is_some() {
            direction.add_biases(e)?;
        }
        direction.inputs = e.flat(direction.inputs);
        Ok(direction)
    }

    /// What an operand has for a direction, so many elements.
    fn own(e: &mut Emitter, node: &Node, place: usize, number: usize, size: usize) -> Emitted {
        let x = e.input(node, place)?;
        Ok(e.part(x, number * size, size))
    }

    /// Those of the input and of the state are added once, but where a reset gate works on the state's product with its own.
    fn add_biases(&mut self, e: &mut Emitter) -> Result<(), String> {
        let (rows, hidden) = (self.sizes.rows(), self.sizes.hidden);
        let both = Self::own(e, self.node, 3, self.number, 2 * rows)?;
        let (of_input, mut of_state) = (e.part(both, 0, rows), e.part(both, rows, rows));
        if self.sizes.gates == 3 {
            self.hidden_bias = Some(e.part(of_state, 2 * hidden, hidden));
            let kept = (0..rows).map(|row| f32::from(u8::from(row < 2 * hidden))).collect();
            let kept = e.graph.constant(kept, &[rows]);
            of_state = e.graph.mul(of_state, kept);
        }
        let bias = e.graph.add(of_input, of_state);
        self.inputs = e.graph.bias_add(self.inputs, bias);
        Ok(())
    }

    fn start(&self, e: &mut Emitter) -> Result<State, String> {
        let (batch, hidden, directions) = (self.sizes.batch, self.sizes.hidden, self.sizes.backward.len());
        let initial = |e: &mut Emitter, place: usize| {
            if self.node.input(place).is_none() {
                return Ok(e.graph.constant(vec![0.0; batch * hidden], &[batch * hidden]));
            }
            let x = e.input(self.node, place)?;
            let all = if self.sizes.batch_first { e.swapped(x, batch, directions, hidden) } else { x };
            Ok::<_, String>(e.part(all, self.number * batch * hidden, batch * hidden))
        };
        let hidden = initial(e, 5)?;
        Ok(State { hidden, cell: if self.sizes.gates == 4 { initial(e, 6)? } else { hidden } })
    }

    /// What the step gives out. Beyond the end of an entry's sequence its state stays, and zeros are given out.
    fn advance(&self, e: &mut Emitter, state: &mut State, step: usize) -> Emitted {
        let (batch, hidden, rows) = (self.sizes.batch, self.sizes.hidden, self.sizes.rows());
        let inputs = e.part(self.inputs, step * batch * rows, batch * rows);
        let next = match self.sizes.gates {
            4 => self.lstm(e, state, inputs)?,
            3 => self.gru(e, state, inputs),
            _ => self.rnn(e, state, inputs),
        };
        if self.node.input(4).is_none() {
            *state = next;
            return Ok(state.hidden);
        }
        let lengths = e.input(self.node, 4)?;
        let lengths = e.broadcast(lengths, &[batch, 1], &[batch, hidden]);
        let within = e.above(lengths, step as f64);
        state.hidden = e.select(within, next.hidden, state.hidden);
        state.cell = e.select(within, next.cell, state.cell);
        Ok(e.graph.mul(state.hidden, within))
    }

    /// A state times the weights of some gates, [batch, gates * hidden], a list.
    fn times_weights(&self, e: &mut Emitter, state: NodeId, first: usize, gates: usize) -> NodeId {
        let hidden = self.sizes.hidden;
        let weights = e.part(self.weights, first * hidden * hidden, gates * hidden * hidden);
        let (state, weights) = (e.rows(state, hidden), e.rows(weights, hidden));
        let product = e.graph.matmul_bt(state, weights);
        e.flat(product)
    }

    /// The columns of one gate, of `gates`.
    fn gate(&self, e: &mut Emitter, sums: NodeId, gates: usize, number: usize) -> NodeId {
        let (batch, hidden) = (self.sizes.batch, self.sizes.hidden);
        let map: Vec<_> = (0..batch * hidden).map(|i| (i / hidden * gates + number) * hidden + i % hidden).collect();
        e.pick(sums, &map)
    }

    fn rnn(&self, e: &mut Emitter, state: &State, inputs: NodeId) -> State {
        let product = self.times_weights(e, state.hidden, 0, 1);
        let sum = e.graph.add(inputs, product);
        let next = e.graph.tanh(sum);
        State { hidden: next, cell: next }
    }

    /// Gates in the order input, output, forget, cell.
    fn lstm(&self, e: &mut Emitter, state: &State, inputs: NodeId) -> Result<State, String> {
        let product = self.times_weights(e, state.hidden, 0, 4);
        let sums = e.graph.add(inputs, product);
        let gated = |e: &mut Emitter, number: usize, cell: NodeId| {
            let sum = self.gate(e, sums, 4, number);
            let sum = self.with_peephole(e, sum, number, cell)?;
            Ok::<_, String>(e.graph.sigmoid(sum))
        };
        let (input, forget) = (gated(e, 0, state.cell)?, gated(e, 2, state.cell)?);
        let candidate = self.gate(e, sums, 4, 3);
        let candidate = e.graph.tanh(candidate);
        let (new, old) = (e.graph.mul(input, candidate), e.graph.mul(forget, state.cell));
        let cell = e.graph.add(new, old);
        let output = gated(e, 1, cell)?;
        let bent = e.graph.tanh(cell);
        Ok(State { hidden: e.graph.mul(output, bent), cell })
    }

    fn with_peephole(&self, e: &mut Emitter, sum: NodeId, number: usize, cell: NodeId) -> Emitted {
        if self.node.input(7).is_none() {
            return Ok(sum);
        }
        let (batch, hidden) = (self.sizes.batch, self.sizes.hidden);
        let own = Self::own(e, self.node, 7, self.number, 3 * hidden)?;
        let own = e.part(own, number * hidden, hidden);
        let own = e.broadcast(own, &[hidden], &[batch, hidden]);
        let seen = e.graph.mul(own, cell);
        Ok(e.graph.add(sum, seen))
    }

    /// Gates in the order update, reset, hidden.
    fn gru(&self, e: &mut Emitter, state: &State, inputs: NodeId) -> State {
        let product = self.times_weights(e, state.hidden, 0, 2);
        let gated = |e: &mut Emitter, number: usize| {
            let (input, own) = (self.gate(e, inputs, 3, number), self.gate(e, product, 2, number));
            let sum = e.graph.add(input, own);
            e.graph.sigmoid(sum)
        };
        let (update, reset) = (gated(e, 0), gated(e, 1));
        let from_state = if self.sizes.linear_before_reset {
            let from_state = self.hidden_gate(e, state.hidden);
            e.graph.mul(reset, from_state)
        } else {
            let kept = e.graph.mul(reset, state.hidden);
            self.hidden_gate(e, kept)
        };
        let input = self.gate(e, inputs, 3, 2);
        let sum = e.graph.add(input, from_state);
        let candidate = e.graph.tanh(sum);
        let others = e.complement(update);
        let (new, old) = (e.graph.mul(others, candidate), e.graph.mul(update, state.hidden));
        let hidden = e.graph.add(new, old);
        State { hidden, cell: hidden }
    }

    fn hidden_gate(&self, e: &mut Emitter, state: NodeId) -> NodeId {
        let product = self.times_weights(e, state, 2, 1);
        let Some(bias) = self.hidden_bias else { return product };
        let product = e.rows(product, self.sizes.hidden);
        let sum = e.graph.bias_add(product, bias);
        e.flat(sum)
    }
}
