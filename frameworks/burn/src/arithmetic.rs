//! Arithmetic that Burn has in parts: of any number of tensors, within limits, what a division leaves, and tests of numbers.

use burn_backend::tensor::{FloatTensor, IntTensor};
use burn_backend::{Backend, Scalar, TensorMetadata};

use crate::backend::BOOL;
use crate::elementwise::{arithmetic, masked, pairwise};
use crate::operators::{Emitted, Operands, Site, one};
use crate::value::{Value, lifted};

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    match site.node.op.as_str() {
        "Clip" => clip(site),
        "IsInf" => is_infinite(site),
        "IsNaN" => one(|mut x| Value::Bool(B::float_is_nan(x.float(0), BOOL))),
        "Max" | "Min" => extreme(site),
        "Mod" => remainder(site),
        _ => sum(site),
    }
}

/// A function that broadcasts to a shape.
pub fn fitted<B: Backend>(shape: Vec<usize>) -> impl Fn(Value<B>) -> Value<B> {
    move |value| value.lift(shape.len()).expand(&shape)
}

/// As Tensor::max_pair and min_pair do it.
fn extreme<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let replaces = pairwise::<B>(if site.node.op == "Max" { "Less" } else { "Greater" }).expect("a comparison");
    let (fit, count) = (fitted(lifted(&site.out_shape(), 1)), site.node.inputs.len());
    one(move |mut x| {
        let first = fit(x.take(0));
        (1..count).fold(first, |best, place| {
            let other = fit(x.take(place));
            let mask = replaces(best.clone(), other.clone()).bool();
            masked(best, mask, other)
        })
    })
}

/// Sum and Mean.
fn sum<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (rank, count, is_mean) = (site.out_shape().len(), site.node.inputs.len(), site.node.op == "Mean");
    one(move |mut x| {
        let first = x.take(0).lift(rank);
        let sum = (1..count).fold(first, |sum, place| {
            let other = x.take(place).lift(rank);
            arithmetic(sum, other, B::float_add, B::int_add)
        });
        if is_mean { Value::Float(B::float_div_scalar(sum.float(), (count as i64).into())) } else { sum }
    })
}

/// One end of Clip.
#[derive(Clone, Copy)]
enum Limit {
    None,
    Known(Scalar),
    Input(usize),
}

impl Limit {
    fn of<B: Backend>(site: &Site<B>, place: usize) -> Self {
        let real = site.graph.constant_reals(site.node, place).map(|numbers| f64::from(numbers[0]).into());
        let known = real.or_else(|| site.graph.constant_ints(site.node, place).map(|numbers| numbers[0].into()));
        match known {
            Some(number) => Self::Known(number),
            None if site.given(place) => Self::Input(place),
            None => Self::None,
        }
    }

    /// `is_beyond` finds what is replaced by a limit that is an input.
    fn applied<B: Backend>(self, value: Value<B>, x: &mut Operands<B>, ends: &Ends<B>) -> Value<B> {
        match self {
            Self::None => value,
            Self::Known(number) => match value {
                Value::Float(value) => Value::Float((ends.float)(value, number)),
                value => Value::Int((ends.int)(value.int(), number)),
            },
            Self::Input(place) => {
                let shape = value.shape();
                let limit = fitted(shape)(x.take(place));
                let mask = pairwise::<B>(ends.is_beyond).expect("a comparison")(value.clone(), limit.clone()).bool();
                masked(value, mask, limit)
            }
        }
    }
}

/// What Burn does at one end.
struct Ends<B: Backend> {
    float: fn(FloatTensor<B>, Scalar) -> FloatTensor<B>,
    int: fn(IntTensor<B>, Scalar) -> IntTensor<B>,
    is_beyond: &'static str,
}

/// Burn's clamp wants the lower limit to be the lower one; ONNX takes the upper one where it is not.
fn clip<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (low, high) = (Limit::of(site, 1), Limit::of(site, 2));
    if let (Limit::Known(Scalar::Float(least)), Limit::Known(Scalar::Float(most))) = (low, high)
        && least <= most
    {
        return one(move |mut x| Value::Float(B::float_clamp(x.float(0), least.into(), most.into())));
    }
    let below = Ends { float: B::float_clamp_min, int: B::int_clamp_min, is_beyond: "Less" };
    let above = Ends { float: B::float_clamp_max, int: B::int_clamp_max, is_beyond: "Greater" };
    one(move |mut x| {
        let value = x.take(0);
        let raised = low.applied(value, &mut x, &below);
        high.applied(raised, &mut x, &above)
    })
}

/// Burn's remainder has the sign of the divisor; of two that are not negative it is that of C, too.
fn remainder<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let rank = site.out_shape().len();
    let of_c = site.is_floating(0) || site.node.flag("fmod", false);
    one(move |mut x| match (x.take(0).lift(rank), x.take(1).lift(rank)) {
        (Value::Float(a), b) => {
            let a: FloatTensor<B> = a;
            let rest = B::float_remainder(B::float_abs(a.clone()), B::float_abs(b.float()));
            Value::Float(B::float_mul(B::float_sign(a), rest))
        }
        (a, b) if of_c => {
            let (a, b): (IntTensor<B>, _) = (a.int(), b.int());
            Value::Int(B::int_mul(B::int_sign(a.clone()), B::int_remainder(B::int_abs(a), B::int_abs(b))))
        }
        (a, b) => Value::Int(B::int_remainder(a.int(), b.int())),
    })
}

fn is_infinite<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let [negative, positive] = ["detect_negative", "detect_positive"].map(|flag| site.node.flag(flag, true));
    let is = |number: f64| one(move |mut x| Value::Bool(B::float_equal_elem(x.float(0), number.into(), BOOL)));
    match (negative, positive) {
        (true, true) => one(|mut x| Value::Bool(B::float_is_inf(x.float(0), BOOL))),
        (true, false) => is(f64::NEG_INFINITY),
        (false, true) => is(f64::INFINITY),
        (false, false) => one(|mut x| {
            let x: FloatTensor<B> = x.float(0);
            Value::Bool(B::bool_zeros(x.shape(), &x.device(), BOOL))
        }),
    }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use assay_runner::Dtype;

    use crate::testing::{Given, outputs};

    fn clipped(low: &str, high: &str) -> Vec<f64> {
        let limits = [low, high].map(|limit| Given::Constant(Dtype::F32, limit));
        let [low, high] = limits;
        let given = [Given::Input(&[0.0, 1.5, 5.0]), low, high];
        outputs("Clip", &given, &[(Dtype::F32, 3)], "{}").remove(0)
    }

    #[test]
    fn the_upper_limit_counts_where_the_limits_are_not_in_order() {
        assert_eq!(clipped("1", "2"), [1.0, 1.5, 2.0]);
        assert_eq!(clipped("2", "1"), [1.0, 1.0, 1.0]);
    }

    #[test]
    fn what_a_division_leaves_is_exact() {
        let (a, b) = (0.3_f32, 0.1_f32);
        let found =
            outputs("Mod", &[Given::Input(&[a, -a]), Given::Input(&[b, b])], &[(Dtype::F32, 2)], r#"{"fmod": 1}"#);
        assert_eq!(found[0], [f64::from(a % b), f64::from(-a % b)]);
    }
}
