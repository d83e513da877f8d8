//! LSTM, GRU and RNN, one step after the other as candle_nn's modules, but with the products of all steps' inputs as one.

use assay_runner::Recurrence;
use candle_core::{DType, Result, Tensor};
use candle_nn::ops::sigmoid;

use crate::device::here;
use crate::kernel::{Compile, Compiled, Operands, Site, kernels};

pub const OPERATORS: &[(&str, Compile)] = &[("GRU", recurrent), ("LSTM", recurrent), ("RNN", recurrent)];

fn recurrent(site: &Site) -> Compiled {
    site.need_f32(&[0, 1, 2, 3, 5, 6, 7])?;
    let sizes = Recurrence::of(site.graph, site.node);
    let (directions, outputs) = (sizes.backward.len(), site.node.outputs.len());
    kernels(move |x| {
        let runs = (0..directions).map(|direction| Direction::of(x, &sizes, direction)?.run(x, &sizes));
        let runs = runs.collect::<Result<Vec<Run>>>()?;
        // [steps, directions, batch, hidden].
        let all = Tensor::stack(&runs.iter().map(|run| &run.all).collect::<Vec<_>>(), 1)?;
        let mut results = vec![if sizes.batch_first { all.permute((2, 0, 1, 3))? } else { all }];
        for place in 0..outputs - 1 {
            let parts: Vec<_> = runs.iter().map(|run| &run.states[place]).collect();
            results.push(Tensor::stack(&parts, usize::from(sizes.batch_first))?);
        }
        Ok(results)
    })
}

/// The states of all steps, [steps, batch, hidden], and the last ones.
struct Run {
    all: Tensor,
    states: Vec<Tensor>,
}

/// The weights of one direction, [gates * hidden, input or hidden].
struct Direction {
    number: usize,
    of_input: Tensor,
    of_state: Tensor,
    input_bias: Option<Tensor>,
    state_bias: Option<Tensor>,
    /// Of the gates input, output and forget, side by side.
    peepholes: Option<Tensor>,
    hidden: usize,
    gates: usize,
    linear_before_reset: bool,
}

impl Direction {
    fn of(x: &Operands, sizes: &Recurrence, number: usize) -> Result<Self> {
        let own = |place: usize| x.given(place).map(|weights| weights.get(number)).transpose();
        let biases = own(3)?;
        let bias = |place: usize| biases.as_ref().map(|biases| biases.narrow(0, place * sizes.rows(), sizes.rows()));
        // A GRU's reset works on the state's bias, too; elsewhere both are one.
        let (input_bias, state_bias) = match (bias(0).transpose()?, bias(1).transpose()?) {
            (Some(one), Some(other)) if sizes.gates != 3 => (Some((one + other)?), None),
            both => both,
        };
        Ok(Self {
            number,
            of_input: x.at(1).get(number)?,
            of_state: x.at(2).get(number)?,
            input_bias,
            state_bias,
            peepholes: own(7)?,
            hidden: sizes.hidden,
            gates: sizes.gates,
            linear_before_reset: sizes.linear_before_reset,
        })
    }

    fn run(&self, x: &Operands, sizes: &Recurrence) -> Result<Run> {
        let input = if sizes.batch_first { x.at(0).transpose(0, 1)?.contiguous()? } else { x.at(0).clone() };
        let rows = input.reshape((sizes.steps * sizes.batch, sizes.input))?;
        let products = product(&rows, &self.of_input, self.input_bias.as_ref())?;
        let states = if sizes.gates == 4 { 5..7 } else { 5..6 };
        let mut states = states.map(|place| self.start(x.given(place), sizes)).collect::<Result<Vec<_>>>()?;
        let lengths = x.given(4).map(|lengths| lengths.to_dtype(DType::I64)?.unsqueeze(1)).transpose()?;
        let mut all = vec![None; sizes.steps];
        for step in sizes.order(self.number) {
            let next = self.step(&states, &products.narrow(0, step * sizes.batch, sizes.batch)?)?;
            let (next, seen) = match &lengths {
                Some(lengths) => within_lengths(lengths, step, &states, next)?,
                None => (next.clone(), next[0].clone()),
            };
            (states, all[step]) = (next, Some(seen));
        }
        Ok(Run { all: Tensor::stack(&all.into_iter().flatten().collect::<Vec<_>>(), 0)?, states })
    }

    fn start(&self, given: Option<&Tensor>, sizes: &Recurrence) -> Result<Tensor> {
        match given {
            Some(states) => {
                states.narrow(usize::from(sizes.batch_first), self.number, 1)?.reshape((sizes.batch, sizes.hidden))
            }
            None => Tensor::zeros((sizes.batch, sizes.hidden), DType::F32, here()),
        }
    }

    /// The states after a step, whose inputs' products are given.
    fn step(&self, states: &[Tensor], products: &Tensor) -> Result<Vec<Tensor>> {
        match self.gates {
            4 => self.lstm(&states[0], &states[1], products),
            3 => Ok(vec![self.gru(&states[0], products)?]),
            _ => Ok(vec![(products + self.of_gates(&states[0], 0, 1)?)?.tanh()?]),
        }
    }

    /// The state's product with the weights of `count` gates.
    fn of_gates(&self, state: &Tensor, first: usize, count: usize) -> Result<Tensor> {
        let rows = |weights: &Tensor| weights.narrow(0, first * self.hidden, count * self.hidden);
        product(state, &rows(&self.of_state)?, self.state_bias.as_ref().map(rows).transpose()?.as_ref())
    }

    /// Gates in the order input, output, forget, cell.
    fn lstm(&self, state: &Tensor, cell: &Tensor, products: &Tensor) -> Result<Vec<Tensor>> {
        let sums = (products + self.of_gates(state, 0, 4)?)?.chunk(4, 1)?;
        let (input, forget) = (sigmoid(&self.peeped(&sums[0], 0, cell)?)?, sigmoid(&self.peeped(&sums[2], 2, cell)?)?);
        let cell = ((forget * cell)? + (input * sums[3].tanh()?)?)?;
        let output = sigmoid(&self.peeped(&sums[1], 1, &cell)?)?;
        Ok(vec![(output * cell.tanh()?)?, cell])
    }

    fn peeped(&self, sums: &Tensor, place: usize, cell: &Tensor) -> Result<Tensor> {
        let Some(peepholes) = &self.peepholes else { return Ok(sums.clone()) };
        sums + cell.broadcast_mul(&peepholes.narrow(0, place * self.hidden, self.hidden)?)?
    }

    /// Gates in the order update, reset, hidden.
    fn gru(&self, state: &Tensor, products: &Tensor) -> Result<Tensor> {
        let of_input = products.chunk(3, 1)?;
        let of_state = self.of_gates(state, 0, if self.linear_before_reset { 3 } else { 2 })?;
        let gate = |place: usize| {
            let of_state = of_state.narrow(1, place * self.hidden, self.hidden)?;
            sigmoid(&(&of_input[place] + of_state)?)
        };
        let (update, reset) = (gate(0)?, gate(1)?);
        let inner = match self.linear_before_reset {
            true => (reset * of_state.narrow(1, 2 * self.hidden, self.hidden)?)?,
            false => self.of_gates(&(reset * state)?, 2, 1)?,
        };
        let hidden = (&of_input[2] + inner)?.tanh()?;
        &hidden + (update * (state - &hidden)?)?
    }
}

fn product(rows: &Tensor, weights: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let product = rows.matmul(&weights.t()?)?;
    bias.map_or(Ok(product.clone()), |bias| product.broadcast_add(bias))
}

/// The states after a step and what Y has of it: beyond an entry's length the state stays, and Y is zero.
fn within_lengths(lengths: &Tensor, step: usize, old: &[Tensor], new: Vec<Tensor>) -> Result<(Vec<Tensor>, Tensor)> {
    let within = lengths.gt(step as i64)?.broadcast_as(new[0].shape())?;
    let seen = within.where_cond(&new[0], &new[0].zeros_like()?)?;
    let kept = old.iter().zip(&new).map(|(old, new)| within.where_cond(new, old));
    Ok((kept.collect::<Result<_>>()?, seen))
}
