//! LSTM, GRU and RNN, step by step: Luminal's graphs have no loops. The input's products of all steps are one.

use assay_runner::{Node, Recurrence};

use crate::emitter::{Emitted, Emitter, Id, elements, matrix};

/// One direction of a node.
struct Direction<'a> {
    node: &'a Node,
    sizes: &'a Recurrence,
    number: usize,
    /// [rows, hidden]
    weights: Id,
    /// Of all steps, [steps, batch, rows]: the input's products with all that is added to them.
    inputs: Id,
    /// What is added to the state's product for the hidden gate of a GRU, [batch, hidden].
    hidden_bias: Option<Id>,
}

struct State {
    hidden: Id,
    cell: Id,
}

/// Y, and the last states.
pub fn recurrence(e: &mut Emitter, node: &Node) -> Result<Vec<Id>, String> {
    let sizes = Recurrence::of(e.graph, node);
    let (directions, own) = (sizes.backward.len(), sizes.batch * sizes.hidden);
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
    let all: Vec<Id> = all.into_iter().flatten().collect();
    let y = e.one_behind_the_other(&all, own)?;
    let [hidden, cell] =
        [last.iter().map(|state| state.hidden).collect(), last.iter().map(|state| state.cell).collect()]
            .map(|ids: Vec<Id>| e.one_behind_the_other(&ids, own));
    let (hidden, cell) = (hidden?, cell?);
    if !sizes.batch_first {
        return Ok(vec![y, hidden, cell]);
    }
    let y = e.transpose(y, &[sizes.steps, directions, sizes.batch, sizes.hidden], &[2, 0, 1, 3])?;
    let (hidden, cell) =
        (e.swap(hidden, directions, sizes.batch, sizes.hidden)?, e.swap(cell, directions, sizes.batch, sizes.hidden)?);
    Ok(vec![y, hidden, cell])
}

impl<'a> Direction<'a> {
    fn of(e: &mut Emitter, node: &'a Node, sizes: &'a Recurrence, number: usize) -> Result<Self, String> {
        let (rows, hidden, count) = (sizes.rows(), sizes.hidden, sizes.steps * sizes.batch);
        let weights = Self::own(e, node, 2, number, rows * hidden)?;
        let w = Self::own(e, node, 1, number, rows * sizes.input)?;
        let x = e.input(node, 0);
        let x = if sizes.batch_first { e.swap(x, sizes.batch, sizes.steps, sizes.input)? } else { x };
        let inputs = e.product(matrix(x, count, sizes.input), matrix(w, rows, sizes.input).transposed());
        let mut direction = Self { node, sizes, number, weights, inputs, hidden_bias: None };
        if node.input(3).is_some() {
            direction.add_biases(e)?;
        }
        Ok(direction)
    }

    /// What an operand has for a direction, so many elements.
    fn own(e: &mut Emitter, node: &Node, place: usize, number: usize, size: usize) -> Emitted {
        let (id, all) = (e.input(node, place), elements(e.shape(node, place)));
        e.gather(id, all, vec![number], size)
    }

    /// Those of the input and of the state are added once, but where a reset gate works on the state's product with its own.
    fn add_biases(&mut self, e: &mut Emitter) -> Result<(), String> {
        let (rows, hidden, batch) = (self.sizes.rows(), self.sizes.hidden, self.sizes.batch);
        let both = Self::own(e, self.node, 3, self.number, 2 * rows)?;
        let [of_input, mut of_state] = [0, 1].map(|place| e.gather(both, 2 * rows, vec![place], rows));
        if self.sizes.gates == 3 {
            let hidden_bias = e.gather(of_state.clone()?, rows, vec![2], hidden)?;
            self.hidden_bias = Some(e.along_columns(hidden_bias, batch, hidden));
            let kept = e.constant((0..rows).map(|row| f32::from(u8::from(row < 2 * hidden))).collect());
            of_state = Ok(e.mul(of_state?, kept, rows));
        }
        let bias = e.add(of_input?, of_state?, rows);
        let count = self.sizes.steps * batch;
        let biases = e.along_columns(bias, count, rows);
        self.inputs = e.add(self.inputs, biases, count * rows);
        Ok(())
    }

    fn start(&self, e: &mut Emitter) -> Result<State, String> {
        let (batch, hidden, directions) = (self.sizes.batch, self.sizes.hidden, self.sizes.backward.len());
        let initial = |e: &mut Emitter, place: usize| {
            let Some(id) = self.node.input(place) else { return Ok(e.filled(0.0, batch * hidden)) };
            let id = e.value(id);
            let all = if self.sizes.batch_first { e.swap(id, batch, directions, hidden)? } else { id };
            e.gather(all, directions * batch * hidden, vec![self.number], batch * hidden)
        };
        let hidden = initial(e, 5)?;
        Ok(State { hidden, cell: if self.sizes.gates == 4 { initial(e, 6)? } else { hidden } })
    }

    /// What the step gives out, [batch, hidden]. Beyond the end of an entry's sequence its state stays, and zeros are given out.
    fn advance(&self, e: &mut Emitter, state: &mut State, step: usize) -> Emitted {
        let (batch, hidden, rows) = (self.sizes.batch, self.sizes.hidden, self.sizes.rows());
        let inputs = e.gather(self.inputs, self.sizes.steps * batch * rows, vec![step], batch * rows)?;
        let next = match self.sizes.gates {
            4 => self.lstm(e, state, inputs)?,
            3 => self.gru(e, state, inputs)?,
            _ => self.rnn(e, state, inputs),
        };
        let Some(lengths) = self.node.input(4) else {
            *state = next;
            return Ok(state.hidden);
        };
        let lengths = e.value(lengths);
        let lengths = e.along_rows(lengths, batch, hidden);
        let n = batch * hidden;
        let within = e.greater_than(lengths, step as f32, n);
        state.hidden = e.select(within, next.hidden, state.hidden, n);
        state.cell = e.select(within, next.cell, state.cell, n);
        Ok(e.mul(state.hidden, within, n))
    }

    /// [batch, rows]: inputs + state times the weights of some gates.
    fn times_weights(&self, e: &mut Emitter, state: Id, first: usize, gates: usize) -> Emitted {
        let (hidden, rows) = (self.sizes.hidden, self.sizes.rows());
        let weights =
            e.view(self.weights, rows * hidden, &[(gates * hidden * hidden, 1)], (first * hidden * hidden) as isize)?;
        Ok(e.product(matrix(state, self.sizes.batch, hidden), matrix(weights, gates * hidden, hidden).transposed()))
    }

    /// The columns of one gate, of `gates`.
    fn gate(&self, e: &mut Emitter, sums: Id, gates: usize, number: usize) -> Emitted {
        let (batch, hidden) = (self.sizes.batch, self.sizes.hidden);
        let (width, first) = (gates * hidden, (number * hidden) as isize);
        e.view(sums, batch * width, &[(batch, width as isize), (hidden, 1)], first)
    }

    fn rnn(&self, e: &mut Emitter, state: &State, inputs: Id) -> State {
        let (batch, hidden) = (self.sizes.batch, self.sizes.hidden);
        let product = e.product(matrix(state.hidden, batch, hidden), matrix(self.weights, hidden, hidden).transposed());
        let sum = e.add(inputs, product, batch * hidden);
        let next = e.tanh(sum, batch * hidden);
        State { hidden: next, cell: next }
    }

    /// Gates in the order input, output, forget, cell.
    fn lstm(&self, e: &mut Emitter, state: &State, inputs: Id) -> Result<State, String> {
        let n = self.sizes.batch * self.sizes.hidden;
        let product = self.times_weights(e, state.hidden, 0, 4)?;
        let sums = e.add(inputs, product, 4 * n);
        let gated = |e: &mut Emitter, number: usize, cell: Id| {
            let sum = self.gate(e, sums, 4, number)?;
            let sum = self.with_peephole(e, sum, number, cell)?;
            Ok::<_, String>(e.sigmoid(sum, 1.0, n))
        };
        let (input, forget) = (gated(e, 0, state.cell)?, gated(e, 2, state.cell)?);
        let candidate = self.gate(e, sums, 4, 3)?;
        let candidate = e.tanh(candidate, n);
        let (new, old) = (e.mul(input, candidate, n), e.mul(forget, state.cell, n));
        let cell = e.add(new, old, n);
        let output = gated(e, 1, cell)?;
        let bent = e.tanh(cell, n);
        Ok(State { hidden: e.mul(output, bent, n), cell })
    }

    fn with_peephole(&self, e: &mut Emitter, sum: Id, number: usize, cell: Id) -> Emitted {
        if self.node.input(7).is_none() {
            return Ok(sum);
        }
        let (batch, hidden) = (self.sizes.batch, self.sizes.hidden);
        let own = Self::own(e, self.node, 7, self.number, 3 * hidden)?;
        let own = e.gather(own, 3 * hidden, vec![number], hidden)?;
        let own = e.along_columns(own, batch, hidden);
        let seen = e.mul(own, cell, batch * hidden);
        Ok(e.add(sum, seen, batch * hidden))
    }

    /// Gates in the order update, reset, hidden.
    fn gru(&self, e: &mut Emitter, state: &State, inputs: Id) -> Result<State, String> {
        let n = self.sizes.batch * self.sizes.hidden;
        let product = self.times_weights(e, state.hidden, 0, 2)?;
        let gated = |e: &mut Emitter, number: usize| {
            let (input, own) = (self.gate(e, inputs, 3, number)?, self.gate(e, product, 2, number)?);
            let sum = e.add(input, own, n);
            Ok::<_, String>(e.sigmoid(sum, 1.0, n))
        };
        let (update, reset) = (gated(e, 0)?, gated(e, 1)?);
        let from_state = if self.sizes.linear_before_reset {
            let from_state = self.hidden_gate(e, state.hidden)?;
            e.mul(reset, from_state, n)
        } else {
            let kept = e.mul(reset, state.hidden, n);
            self.hidden_gate(e, kept)?
        };
        let input = self.gate(e, inputs, 3, 2)?;
        let sum = e.add(input, from_state, n);
        let candidate = e.tanh(sum, n);
        // candidate + update (state - candidate)
        let way = e.sub(state.hidden, candidate, n);
        let way = e.mul(update, way, n);
        let hidden = e.add(candidate, way, n);
        Ok(State { hidden, cell: hidden })
    }

    fn hidden_gate(&self, e: &mut Emitter, state: Id) -> Emitted {
        let product = self.times_weights(e, state, 2, 1)?;
        let n = self.sizes.batch * self.sizes.hidden;
        Ok(self.hidden_bias.map_or(product, |bias| e.add(product, bias, n)))
    }
}

impl Emitter<'_> {
    /// Tensors of one size, joined two by two: one after the other each would be moved as often as others follow it.
    fn one_behind_the_other(&mut self, ids: &[Id], size: usize) -> Emitted {
        if let [alone] = ids {
            return Ok(*alone);
        }
        let (front, back) = ids.split_at(ids.len() / 2);
        let (one, other) = (self.one_behind_the_other(front, size)?, self.one_behind_the_other(back, size)?);
        self.concat(&[(one, front.len()), (other, back.len())], 1, size)
    }
}
