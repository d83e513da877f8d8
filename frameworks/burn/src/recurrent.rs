//! LSTM, GRU and RNN, one step after the other as the modules of burn::nn, but with the products of all gates as one, and those of all steps'
//! inputs.

use assay_runner::Recurrence;
use burn_backend::tensor::{FloatTensor, IntTensor};
use burn_backend::{Backend, Shape, TensorMetadata};

use crate::backend::BOOL;
use crate::layout::{joined, part};
use crate::operators::{Emitted, Operands, Site};
use crate::value::{Value, reshape};

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let sizes = Recurrence::of(site.graph, site.node);
    let (directions, outputs) = (sizes.backward.len(), site.node.outputs.len());
    Ok(Box::new(move |x| {
        let given = Given::of(x, &sizes);
        let runs: Vec<_> = (0..directions).map(|direction| given.run(direction, &sizes)).collect();
        let everything = joined(runs.iter().map(|run| run.all(&sizes)).collect(), 1);
        let everything = if sizes.batch_first { everything.permute(&[2, 0, 1, 3]) } else { everything };
        let state = |place: usize| {
            let parts = runs.iter().map(|run| Value::Float(lifted::<B>(run.states[place].clone(), &sizes)));
            let state = joined(parts.collect(), 0);
            if sizes.batch_first { state.permute(&[1, 0, 2]) } else { state }
        };
        let states = (0..outputs - 1).map(|place| Some(state(place)));
        [Some(everything)].into_iter().chain(states).collect()
    }))
}

/// [batch, hidden] as that of one direction.
fn lifted<B: Backend>(state: FloatTensor<B>, sizes: &Recurrence) -> FloatTensor<B> {
    reshape::<B>(state, &[1, sizes.batch, sizes.hidden])
}

/// A node's operands, the steps first.
struct Given<B: Backend> {
    /// [steps * batch, input].
    x: FloatTensor<B>,
    w: Value<B>,
    r: Value<B>,
    biases: Option<Value<B>>,
    lengths: Option<IntTensor<B>>,
    /// As many as the operator has, [directions, batch, hidden].
    states: Vec<Option<Value<B>>>,
    peepholes: Option<Value<B>>,
}

impl<B: Backend> Given<B> {
    fn of(mut operands: Operands<B>, sizes: &Recurrence) -> Self {
        let turned = |value: Value<B>| if sizes.batch_first { value.permute(&[1, 0, 2]) } else { value };
        let x = turned(operands.take(0)).reshape(&[sizes.steps * sizes.batch, sizes.input]).float();
        let states = if sizes.gates == 4 { 5..7 } else { 5..6 };
        Self {
            x,
            w: operands.take(1),
            r: operands.take(2),
            biases: operands.given(3),
            lengths: operands.given(4).map(Value::int),
            states: states.map(|place| operands.given(place).map(turned)).collect(),
            peepholes: operands.given(7),
        }
    }

    fn run(&self, direction: usize, sizes: &Recurrence) -> Run<B> {
        let weights = self.weights(direction, sizes);
        let products = B::linear(self.x.clone(), weights.of_input.clone(), weights.input_bias.clone());
        let products = Value::<B>::Float(products);
        let mut states: Vec<_> = self.states.iter().map(|state| self.start(state, direction, sizes)).collect();
        let mut steps = vec![None; sizes.steps];
        for step in sizes.order(direction) {
            let product = part(products.clone(), 0, step * sizes.batch, (step + 1) * sizes.batch).float();
            let next = weights.step(&states, product);
            let (next, seen) = self.within_lengths(step, &states, next, sizes);
            (states, steps[step]) = (next, Some(seen));
        }
        Run { steps: steps.into_iter().flatten().collect(), states }
    }

    fn start(&self, given: &Option<Value<B>>, direction: usize, sizes: &Recurrence) -> FloatTensor<B> {
        match given {
            Some(state) => {
                let state = part(state.clone(), 0, direction, direction + 1);
                state.reshape(&[sizes.batch, sizes.hidden]).float()
            }
            None => {
                let shape = Shape::from(vec![sizes.batch, sizes.hidden]);
                B::float_zeros(shape, &self.x.device(), self.x.dtype().into())
            }
        }
    }

    /// The states after a step and what Y has of it: beyond an entry's length the state stays, and Y is zero.
    fn within_lengths(
        &self,
        step: usize,
        old: &[FloatTensor<B>],
        new: Vec<FloatTensor<B>>,
        sizes: &Recurrence,
    ) -> (Vec<FloatTensor<B>>, FloatTensor<B>) {
        let Some(lengths) = &self.lengths else {
            let seen = new[0].clone();
            return (new, seen);
        };
        let beyond = B::int_lower_equal_elem(lengths.clone(), (step as i64).into(), BOOL);
        let beyond = Value::<B>::Bool(beyond).reshape(&[sizes.batch, 1]).expand(&[sizes.batch, sizes.hidden]).bool();
        let seen = B::float_mask_fill(new[0].clone(), beyond.clone(), 0.into());
        let kept = old.iter().zip(new).map(|(old, new)| B::float_mask_where(new, beyond.clone(), old.clone()));
        (kept.collect(), seen)
    }

    fn weights(&self, direction: usize, sizes: &Recurrence) -> Weights<B> {
        let own = |value: &Value<B>| {
            let own = part(value.clone(), 0, direction, direction + 1);
            let shape = own.shape()[1..].to_vec();
            own.reshape(&shape).float()
        };
        let rows = sizes.rows();
        let bias = |place: usize| {
            let biases = self.biases.as_ref().map(|biases| Value::<B>::Float(own(biases)));
            biases.map(|biases| part(biases, 0, place * rows, (place + 1) * rows).float())
        };
        // A GRU's reset works on the state's bias, too; elsewhere both are one.
        let (input_bias, state_bias) = match (bias(0), bias(1)) {
            (Some(one), Some(other)) if sizes.gates != 3 => (Some(B::float_add(one, other)), None),
            both => both,
        };
        Weights {
            of_input: B::float_swap_dims(own(&self.w), 0, 1),
            of_state: B::float_swap_dims(own(&self.r), 0, 1),
            input_bias,
            state_bias,
            peepholes: self.peepholes.as_ref().map(own),
            hidden: sizes.hidden,
            gates: sizes.gates,
            linear_before_reset: sizes.linear_before_reset,
        }
    }
}

/// The states of each step, and the last ones.
struct Run<B: Backend> {
    steps: Vec<FloatTensor<B>>,
    states: Vec<FloatTensor<B>>,
}

impl<B: Backend> Run<B> {
    /// [steps, 1, batch, hidden].
    fn all(&self, sizes: &Recurrence) -> Value<B> {
        let steps = self.steps.iter().map(|step| Value::Float(lifted::<B>(step.clone(), sizes)));
        joined(steps.collect(), 0).reshape(&[sizes.steps, 1, sizes.batch, sizes.hidden])
    }
}

/// Of one direction. Weights are [input or hidden, gates * hidden].
struct Weights<B: Backend> {
    of_input: FloatTensor<B>,
    of_state: FloatTensor<B>,
    input_bias: Option<FloatTensor<B>>,
    state_bias: Option<FloatTensor<B>>,
    /// Of the gates input, output and forget, side by side.
    peepholes: Option<FloatTensor<B>>,
    hidden: usize,
    gates: usize,
    linear_before_reset: bool,
}

impl<B: Backend> Weights<B> {
    /// The states after a step, whose inputs' products are given.
    fn step(&self, states: &[FloatTensor<B>], product: FloatTensor<B>) -> Vec<FloatTensor<B>> {
        match self.gates {
            4 => self.lstm(states, product),
            3 => vec![self.gru(states[0].clone(), product)],
            _ => vec![B::float_tanh(B::float_add(product, self.of_gates(states[0].clone(), 0, 1)))],
        }
    }

    /// The columns of gates begin … end - 1.
    fn gates(&self, product: &FloatTensor<B>, begin: usize, end: usize) -> FloatTensor<B> {
        part(Value::<B>::Float(product.clone()), 1, begin * self.hidden, end * self.hidden).float()
    }

    /// The state's product with the weights of these gates.
    fn of_gates(&self, state: FloatTensor<B>, begin: usize, end: usize) -> FloatTensor<B> {
        let bias = self.state_bias.clone().map(Value::<B>::Float);
        let bias = bias.map(|bias| part(bias, 0, begin * self.hidden, end * self.hidden).float());
        B::linear(state, self.gates(&self.of_state, begin, end), bias)
    }

    /// Gates in the order input, output, forget, cell.
    fn lstm(&self, states: &[FloatTensor<B>], product: FloatTensor<B>) -> Vec<FloatTensor<B>> {
        let sums = B::float_add(product, self.of_gates(states[0].clone(), 0, 4));
        let [input, output, forget, cell] = [0, 1, 2, 3].map(|gate| self.gates(&sums, gate, gate + 1));
        let old = &states[1];
        let (input, forget) = (B::sigmoid(self.peeped(input, 0, old)), B::sigmoid(self.peeped(forget, 2, old)));
        let cell = B::float_add(B::float_mul(forget, old.clone()), B::float_mul(input, B::float_tanh(cell)));
        let output = B::sigmoid(self.peeped(output, 1, &cell));
        vec![B::float_mul(output, B::float_tanh(cell.clone())), cell]
    }

    fn peeped(&self, sums: FloatTensor<B>, place: usize, cell: &FloatTensor<B>) -> FloatTensor<B> {
        let Some(peepholes) = &self.peepholes else { return sums };
        let own = part(Value::<B>::Float(peepholes.clone()), 0, place * self.hidden, (place + 1) * self.hidden);
        B::float_add(sums, B::float_mul(own.lift(2).float(), cell.clone()))
    }

    /// Gates in the order update, reset, hidden.
    fn gru(&self, state: FloatTensor<B>, product: FloatTensor<B>) -> FloatTensor<B> {
        let of_state = self.of_gates(state.clone(), 0, if self.linear_before_reset { 3 } else { 2 });
        let gate = |place: usize| {
            let sums = [&product, &of_state].map(|sums| self.gates(sums, place, place + 1));
            let [one, other] = sums;
            B::sigmoid(B::float_add(one, other))
        };
        let (update, reset) = (gate(0), gate(1));
        let inner = match self.linear_before_reset {
            true => B::float_mul(reset, self.gates(&of_state, 2, 3)),
            false => self.of_gates(B::float_mul(reset, state.clone()), 2, 3),
        };
        let hidden = B::float_tanh(B::float_add(self.gates(&product, 2, 3), inner));
        B::float_add(hidden.clone(), B::float_mul(update, B::float_sub(state, hidden)))
    }
}
