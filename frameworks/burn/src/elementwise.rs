//! Operators that compute each element from those at its place.

use assay_runner::Dtype;
use burn_backend::Backend;
use burn_backend::tensor::{BoolTensor, FloatTensor, IntTensor};

use crate::arithmetic::fitted;
use crate::backend::BOOL;
use crate::operators::{Emitted, Site, one, one_float};
use crate::value::{Value, dtype};

type FloatFunction<B> = fn(FloatTensor<B>) -> FloatTensor<B>;
type IntFunction<B> = fn(IntTensor<B>) -> IntTensor<B>;

fn float_function<B: Backend>(op: &str) -> Option<FloatFunction<B>> {
    Some(match op {
        "Abs" => B::float_abs,
        "Acos" => B::float_acos,
        "Acosh" => B::float_acosh,
        "Asin" => B::float_asin,
        "Asinh" => B::float_asinh,
        "Atan" => B::float_atan,
        "Atanh" => B::float_atanh,
        "Ceil" => B::float_ceil,
        "Cos" => B::float_cos,
        "Cosh" => B::float_cosh,
        "Erf" => B::float_erf,
        "Exp" => B::float_exp,
        "Floor" => B::float_floor,
        "Log" => B::float_log,
        "Neg" => B::float_neg,
        "Reciprocal" => B::float_recip,
        "Relu" => B::relu,
        "Round" => B::float_round,
        "Sigmoid" => B::sigmoid,
        "Sign" => B::float_sign,
        "Sin" => B::float_sin,
        "Sinh" => B::float_sinh,
        "Sqrt" => B::float_sqrt,
        "Tan" => B::float_tan,
        "Tanh" => B::float_tanh,
        _ => return None,
    })
}

fn int_function<B: Backend>(op: &str) -> Option<IntFunction<B>> {
    Some(match op {
        "Abs" => B::int_abs,
        "Neg" => B::int_neg,
        "Relu" => |x| B::int_clamp_min(x, 0.into()),
        "Sign" => B::int_sign,
        _ => return None,
    })
}

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    match site.node.op.as_str() {
        "Cast" => cast(site),
        "Not" => one(|mut x| Value::Bool(B::bool_not(x.bool(0)))),
        "Where" => choose(site),
        op if site.node.inputs.len() == 1 => unary(site, op),
        op => binary(site, op),
    }
}

fn unary<B: Backend>(site: &Site<B>, op: &str) -> Emitted<B> {
    let missing = || match float_function::<B>(op) {
        Some(_) => format!("Burn has no {op} of {:?}", site.dtype(0)),
        None => format!("not in Burn: {op}"),
    };
    if site.is_floating(0) {
        let function = float_function::<B>(op).ok_or_else(missing)?;
        return one_float(move |mut x| function(x.float(0)));
    }
    let function = int_function::<B>(op).ok_or_else(missing)?;
    one(move |mut x| Value::Int(function(x.int(0))))
}

fn cast<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let to = dtype(site.output(0).expect("a cast has an output").dtype)?;
    let (to_bool, to_float) = (site.output(0).unwrap().dtype == Dtype::BOOL, to.is_float());
    one(move |mut x| match x.take(0) {
        Value::Float(x) if to_float => Value::Float(B::float_cast(x, to.into())),
        Value::Float(x) if to_bool => Value::Bool(B::float_not_equal_elem(x, 0.into(), BOOL)),
        Value::Float(x) => Value::Int(B::float_into_int(x, to.into())),
        Value::Int(x) if to_float => Value::Float(B::int_into_float(x, to.into())),
        Value::Int(x) if to_bool => Value::Bool(B::int_not_equal_elem(x, 0.into(), BOOL)),
        Value::Int(x) => Value::Int(B::int_cast(x, to.into())),
        Value::Bool(x) if to_float => Value::Float(B::bool_into_float(x, to.into())),
        Value::Bool(x) if to_bool => Value::Bool(x),
        Value::Bool(x) => Value::Int(B::bool_into_int(x, to.into())),
    })
}

fn binary<B: Backend>(site: &Site<B>, op: &str) -> Emitted<B> {
    let function = pairwise::<B>(op).ok_or_else(|| format!("not in Burn: {op}"))?;
    let rank = site.out_shape().len();
    if site.dtype(0) == Dtype::BOOL && !matches!(op, "And" | "Or" | "Xor" | "Equal") {
        return Err(format!("Burn has no {op} of {:?}", site.dtype(0)));
    }
    one(move |mut x| function(x.take(0).lift(rank), x.take(1).lift(rank)))
}

type Pairwise<B> = fn(Value<B>, Value<B>) -> Value<B>;

/// On two tensors of one rank.
pub fn pairwise<B: Backend>(op: &str) -> Option<Pairwise<B>> {
    Some(match op {
        "Add" => |a, b| arithmetic(a, b, B::float_add, B::int_add),
        "Sub" => |a, b| arithmetic(a, b, B::float_sub, B::int_sub),
        "Mul" => |a, b| arithmetic(a, b, B::float_mul, B::int_mul),
        "Div" => |a, b| arithmetic(a, b, B::float_div, B::int_div),
        "Pow" => power,
        "Equal" => equal,
        "Greater" => |a, b| comparison(a, b, B::float_greater, B::int_greater),
        "GreaterOrEqual" => |a, b| comparison(a, b, B::float_greater_equal, B::int_greater_equal),
        "Less" => |a, b| comparison(a, b, B::float_lower, B::int_lower),
        "LessOrEqual" => |a, b| comparison(a, b, B::float_lower_equal, B::int_lower_equal),
        "And" => |a, b| Value::Bool(B::bool_and(a.bool(), b.bool())),
        "Or" => |a, b| Value::Bool(B::bool_or(a.bool(), b.bool())),
        "Xor" => |a, b| Value::Bool(B::bool_not_equal(a.bool(), b.bool())),
        _ => return None,
    })
}

pub fn arithmetic<B: Backend>(
    a: Value<B>,
    b: Value<B>,
    float: fn(FloatTensor<B>, FloatTensor<B>) -> FloatTensor<B>,
    int: fn(IntTensor<B>, IntTensor<B>) -> IntTensor<B>,
) -> Value<B> {
    match a {
        Value::Float(a) => Value::Float(float(a, b.float())),
        a => Value::Int(int(a.int(), b.int())),
    }
}

type Compare<T, M> = fn(T, T, burn_backend::BoolDType) -> M;

fn comparison<B: Backend>(
    a: Value<B>,
    b: Value<B>,
    float: Compare<FloatTensor<B>, BoolTensor<B>>,
    int: Compare<IntTensor<B>, BoolTensor<B>>,
) -> Value<B> {
    Value::Bool(match a {
        Value::Float(a) => float(a, b.float(), BOOL),
        a => int(a.int(), b.int(), BOOL),
    })
}

fn equal<B: Backend>(a: Value<B>, b: Value<B>) -> Value<B> {
    match a {
        Value::Bool(a) => Value::Bool(B::bool_equal(a, b.bool())),
        a => comparison(a, b, B::float_equal, B::int_equal),
    }
}

/// The exponent may be of the other kind.
fn power<B: Backend>(a: Value<B>, b: Value<B>) -> Value<B> {
    use burn_backend::TensorMetadata;
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => Value::Float(B::float_powf(a, b)),
        (Value::Float(a), b) => Value::Float(B::float_powi(a, b.int())),
        (a, Value::Int(b)) => Value::Int(B::int_powi(a.int(), b)),
        (a, b) => {
            let (a, b) = (a.int(), b.float());
            let dtype = a.dtype();
            let power = B::float_powf(B::int_into_float(a, b.dtype().into()), b);
            Value::Int(B::float_into_int(power, dtype.into()))
        }
    }
}

fn choose<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.out_shape();
    let (fit, first) = (fitted(shape.clone()), fitted(shape));
    one(move |mut x| {
        let (mask, chosen, otherwise) = (first(x.take(0)).bool(), fit(x.take(1)), fit(x.take(2)));
        masked(otherwise, mask, chosen)
    })
}

/// Where the mask is set, the element of `chosen`.
pub fn masked<B: Backend>(otherwise: Value<B>, mask: BoolTensor<B>, chosen: Value<B>) -> Value<B> {
    match otherwise {
        Value::Float(otherwise) => Value::Float(B::float_mask_where(otherwise, mask, chosen.float())),
        Value::Int(otherwise) => Value::Int(B::int_mask_where(otherwise, mask, chosen.int())),
        Value::Bool(otherwise) => Value::Bool(B::bool_mask_where(otherwise, mask, chosen.bool())),
    }
}
