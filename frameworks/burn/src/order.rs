//! Operators that compare or add up the elements of each row along one axis: ArgMax, ArgMin, Hardmax, TopK, CumSum.

use burn_backend::tensor::{FloatTensor, IntTensor};
use burn_backend::{Backend, IntDType, Shape, TensorMetadata};

use crate::backend::BOOL;
use crate::layout::{flipped, joined, part};
use crate::operators::{Emitted, Site, one, one_float};
use crate::value::Value;

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    match site.node.op.as_str() {
        "ArgMax" | "ArgMin" => arg(site),
        "Hardmax" => hardmax(site),
        "TopK" => top_k(site),
        _ => cum_sum(site),
    }
}

/// The place of the largest or smallest element, of equal ones the first.
fn place_of<B: Backend>(value: Value<B>, axis: usize, largest: bool) -> IntTensor<B> {
    let places = match (value, largest) {
        (Value::Float(x), true) => B::float_argmax(x, axis, IntDType::I64),
        (Value::Float(x), false) => B::float_argmin(x, axis, IntDType::I64),
        (x, true) => B::int_argmax(x.int(), axis),
        (x, false) => B::int_argmin(x.int(), axis),
    };
    B::int_cast(places, IntDType::I64)
}

fn arg<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.shape(0);
    let axis = site.node.axis(0, shape.len());
    let (out, largest) = (site.out_shape(), site.node.op == "ArgMax");
    if !site.node.flag("select_last_index", false) {
        return one(move |mut x| Value::Int(place_of(x.take(0), axis, largest)).reshape(&out));
    }
    let last = shape[axis] as i64 - 1;
    one(move |mut x| {
        let from_the_end = place_of(flipped(x.take(0), &[axis]), axis, largest);
        Value::Int(B::int_add_scalar(B::int_neg(from_the_end), last.into())).reshape(&out)
    })
}

fn hardmax<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (shape, device) = (site.shape(0), site.device.clone());
    let axis = site.node.axis(-1, shape.len());
    let along: Vec<_> = (0..shape.len()).map(|i| if i == axis { shape[axis] } else { 1 }).collect();
    one_float(move |mut x| {
        let x: FloatTensor<B> = x.float(0);
        let dtype = x.dtype();
        let largest = Value::<B>::Int(B::float_argmax(x, axis, IntDType::I64)).expand(&shape).int();
        let places = B::int_arange(0..shape[axis] as i64, &device, IntDType::I64);
        let places = Value::<B>::Int(places).reshape(&along).expand(&shape).int();
        B::bool_into_float(B::int_equal(largest, places, BOOL), dtype.into())
    })
}

/// Elements of a dimension by their places in it.
fn gathered<B: Backend>(value: Value<B>, axis: usize, places: IntTensor<B>) -> Value<B> {
    match value {
        Value::Float(x) => Value::Float(B::float_gather(axis, x, places)),
        x => Value::Int(B::int_gather(axis, x.int(), places)),
    }
}

fn top_k<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.shape(0);
    let axis = site.node.axis(-1, shape.len());
    let k = site.graph.constant_ints(site.node, 1).ok_or("k by an input")?[0] as usize;
    let (size, descending) = (shape[axis], site.node.flag("largest", true));
    Ok(Box::new(move |mut x| {
        let value = x.take(0);
        let (sorted, places) = match value.clone() {
            Value::Float(x) => {
                let (sorted, places) = B::float_sort_with_indices(B::float_detach(x), axis, descending, IntDType::I64);
                (Value::<B>::Float(sorted), places)
            }
            x => {
                let (sorted, places) = B::int_sort_with_indices(x.int(), axis, descending);
                (Value::Int(sorted), B::int_cast(places, IntDType::I64))
            }
        };
        let places = part(Value::<B>::Int(in_order_of_places(&sorted, places, axis, size)), axis, 0, k);
        vec![Some(gathered(value, axis, places.clone().int())), Some(places)]
    }))
}

/// The places of sorted elements, of equal ones the first first, which Burn's sort leaves open: each run of equal elements has a number, by which
/// and by the place within the axis they are sorted once more.
fn in_order_of_places<B: Backend>(sorted: &Value<B>, places: IntTensor<B>, axis: usize, size: usize) -> IntTensor<B> {
    if size < 2 {
        return places;
    }
    let (left, right) = (part(sorted.clone(), axis, 0, size - 1), part(sorted.clone(), axis, 1, size));
    let starts = match (left, right) {
        (Value::Float(left), Value::Float(right)) => B::float_not_equal(left, right, BOOL),
        (left, right) => B::int_not_equal(left.int(), right.int(), BOOL),
    };
    let starts = B::bool_into_int(starts, IntDType::I64);
    let runs = with_zeros_ahead(Value::<B>::Int(B::int_cumsum(starts, axis)), axis).int();
    let keys = B::int_add(B::int_mul_scalar(runs, (size as i64).into()), places);
    B::int_remainder_scalar(B::int_sort(keys, axis, false), (size as i64).into())
}

/// With one element of zero in front of each row.
fn with_zeros_ahead<B: Backend>(value: Value<B>, axis: usize) -> Value<B> {
    let mut shape = value.shape();
    shape[axis] = 1;
    let shape = Shape::from(shape);
    let zeros = match &value {
        Value::Float(x) => Value::Float(B::float_zeros(shape, &x.device(), x.dtype().into())),
        Value::Int(x) => Value::Int(B::int_zeros(shape, &x.device(), x.dtype().into())),
        Value::Bool(_) => panic!("a tensor of numbers was expected"),
    };
    joined(vec![zeros, value], axis)
}

fn cum_sum<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.shape(0);
    let axis = site.graph.axes(site.node, 1, shape.len()).ok_or("an axis by an input")?[0];
    let [exclusive, reverse] = ["exclusive", "reverse"].map(|flag| site.node.flag(flag, false));
    let turned: Vec<_> = reverse.then_some(axis).into_iter().collect();
    one(move |mut x| {
        let value = flipped(x.take(0), &turned);
        // Each element's sum is then of those before it.
        let value = match exclusive && shape[axis] > 0 {
            true => with_zeros_ahead(part(value, axis, 0, shape[axis] - 1), axis),
            false => value,
        };
        let sums = match value {
            Value::Float(x) => Value::Float(B::float_cumsum(x, axis)),
            x => Value::Int(B::int_cumsum(x.int(), axis)),
        };
        flipped(sums, &turned)
    })
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use assay_runner::Dtype;
    use burn_backend::ops::FloatTensorOps;
    use burn_backend::{IntDType, TensorData};
    use burn_flex::{Flex, FlexDevice};

    use crate::testing::{Given, outputs};

    fn many_equal() -> Vec<f32> {
        (0..200).map(|i| (i * 7 % 5) as f32).collect()
    }

    #[test]
    fn of_equal_elements_the_first_comes_first() {
        let numbers = many_equal();
        let found = outputs(
            "TopK",
            &[Given::Input(&numbers), Given::Constant(Dtype::I64, "60")],
            &[(Dtype::F32, 60), (Dtype::I64, 60)],
            "{}",
        );
        let mut places: Vec<usize> = (0..numbers.len()).collect();
        places.sort_by(|&a, &b| numbers[b].total_cmp(&numbers[a]));
        assert_eq!(found[1], places[..60].iter().map(|&place| place as f64).collect::<Vec<_>>());
        assert_eq!(found[0], places[..60].iter().map(|&place| f64::from(numbers[place])).collect::<Vec<_>>());
    }

    /// Why TopK sorts twice; when this fails it need not.
    #[test]
    fn burns_own_sort_leaves_their_order_open() {
        let data = TensorData::from(many_equal().as_slice());
        let sorted = Flex::float_argsort(Flex::float_from_data(data, &FlexDevice), 0, true, IntDType::I64);
        let places: Vec<i64> = sorted.into_data().iter().collect();
        let numbers = many_equal();
        let in_order = |pair: &[i64]| numbers[pair[0] as usize] != numbers[pair[1] as usize] || pair[0] < pair[1];
        assert!(!places.windows(2).all(in_order));
    }

    #[test]
    fn nothing_is_summed_up_to_nothing() {
        let given = [Given::Input(&[]), Given::Constant(Dtype::I64, "0")];
        assert_eq!(outputs("CumSum", &given, &[(Dtype::F32, 0)], r#"{"exclusive": 1}"#), [[0.0; 0]]);
    }
}
