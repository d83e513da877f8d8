//! Attention: Burn's own, which is one kernel where nothing is differentiated and shares heads of keys there. Elsewhere the query heads
//! that share one are put into the length of the queries, so that keys and values need no copies.

use assay_runner::{AttentionSizes, Dtype, Role, ValueId};
use burn_backend::ops::{AttentionModuleOptions, PadMode};
use burn_backend::tensor::{BoolTensor, FloatTensor};
use burn_backend::{Backend, DType, IntDType, Slice, TensorData};

use crate::backend::BOOL;
use crate::layout::joined;
use crate::operators::{Emitted, Operands, Pasts, Site};
use crate::padding::padded;
use crate::value::{Value, reshape, shape_of};

struct Attention<B: Backend> {
    sizes: AttentionSizes,
    options: AttentionModuleOptions,
    /// What the causal mask hides, where Burn's own is another one.
    causal: Option<Value<B>>,
    /// Causal, and keys beyond nonpad_kv_seqlen are hidden, too: both are known in a step only.
    causal_among_valid: bool,
    shares_heads: bool,
    /// From products and a softmax, where something is differentiated and every query sees a key.
    is_composed: bool,
    exposed: Option<i64>,
    presents: [bool; 2],
    out: Vec<usize>,
    device: B::Device,
    /// Where the past is a state, which keys and values of all positions are its own: each step writes the last rows.
    kept: Option<[ValueId; 2]>,
    pasts: Pasts<B>,
}

/// Whether the past is resident, read by this node alone, and never asked for with the new rows behind it. Then it stays with the node.
pub fn keeps_the_past<B: Backend>(site: &Site<B>) -> bool {
    let (graph, node) = (site.graph, site.node);
    let is_own = |place| {
        node.input(place).is_some_and(|id| {
            graph.value(id).role == Role::State && graph.consumers(id).len() == 1 && !graph.outputs.contains(&id)
        })
    };
    let is_differentiated = B::ad_enabled(site.device);
    node.op == "Attention"
        && !is_differentiated
        && is_own(4)
        && is_own(5)
        && node.output(1).is_none()
        && node.output(2).is_none()
}

/// What is hidden, as [batch, heads, queries, keys] with 1 for what is the same for all; and what is added to the scores.
struct Masks<B: Backend> {
    hidden: Option<BoolTensor<B>>,
    added: Option<FloatTensor<B>>,
}

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let sizes = AttentionSizes::of(site.graph, site.node);
    let is_causal = site.node.flag("is_causal", false);
    // Burn's causal mask ends at the last key.
    let is_burns = sizes.q_length == sizes.kv_length && !site.given(6);
    let softcap = Some(site.node.real("softcap", 0.0)).filter(|&cap| cap > 0.0);
    let shares_heads = sizes.group() == 1 || B::name(site.device) == "flex";
    let is_composed = B::ad_enabled(site.device) && !site.given(3) && !site.given(6);
    let needs_mask = is_causal && !site.given(6) && (is_composed || !is_burns || !shares_heads);
    let mut attention = Attention::<B> {
        sizes,
        options: AttentionModuleOptions {
            scale: Some(sizes.scale),
            softcap,
            is_causal: is_causal && !site.given(6) && !needs_mask,
        },
        causal: needs_mask.then(|| causal_mask(&sizes, site.device)),
        causal_among_valid: is_causal && site.given(6),
        shares_heads,
        is_composed,
        exposed: site.wanted(3).then(|| site.node.int("qk_matmul_output_mode", 0)),
        presents: [site.wanted(1), site.wanted(2)],
        out: site.out_shape(),
        device: site.device.clone(),
        kept: keeps_the_past(site).then(|| [4, 5].map(|place| site.node.input(place).expect("it is a state"))),
        pasts: site.pasts.clone(),
    };
    if site.given(3) && site.dtype(3) != Dtype::BOOL && !site.is_floating(3) {
        return Err("a mask of integers".to_string());
    }
    Ok(Box::new(move |operands| attention.compute(operands)))
}

fn causal_mask<B: Backend>(sizes: &AttentionSizes, device: &B::Device) -> Value<B> {
    let (queries, keys) = (sizes.q_length, sizes.total_length());
    let hidden: Vec<_> = (0..queries * keys).map(|at| !sizes.is_seen(at / keys, at % keys)).collect();
    let hidden = TensorData::new(hidden, vec![1, 1, queries, keys]).convert_dtype(DType::Bool(BOOL));
    Value::Bool(B::bool_from_data(hidden, device))
}

impl<B: Backend> Attention<B> {
    fn compute(&mut self, mut x: Operands<B>) -> Vec<Option<Value<B>>> {
        let sizes = self.sizes;
        let q = self.split(x.take(0), sizes.q_heads, sizes.head_size);
        let (k, v) = (x.take(1), x.take(2));
        let (mask, past) = (x.given(3), [x.given(4), x.given(5)]);
        let valid = x.given(6);
        let [past_k, past_v] = past;
        let k = self.behind(0, past_k, self.split(k, sizes.kv_heads, sizes.head_size));
        let v = self.behind(1, past_v, self.split(v, sizes.kv_heads, sizes.v_head_size));
        let masks = self.masks(mask, valid);
        let presents =
            [(&k, self.presents[0]), (&v, self.presents[1])].map(|(kept, wanted)| wanted.then(|| kept.clone()));
        let exposed = self.exposed.map(|stage| self.scores(stage, q.clone(), k.clone(), &masks));
        let y = self.attend(q.float(), k.float(), v.float(), masks);
        let [present_k, present_v] = presents;
        vec![Some(self.join(y)), present_k, present_v, exposed]
    }

    /// The rows behind those of the past, which is given in the first step only where it is kept here.
    fn behind(&mut self, place: usize, past: Option<Value<B>>, new: Value<B>) -> Value<B> {
        let Some(id) = self.kept.map(|kept| kept[place]) else {
            return match past {
                Some(past) if self.sizes.past_length > 0 => joined(vec![past, new], 2),
                _ => new,
            };
        };
        let kept = self.pasts.borrow_mut().remove(&id);
        let all = match kept {
            Some(all) => overwritten::<B>(all, self.sizes.past_length, new.float()),
            None => joined(vec![past.expect("a state"), new], 2).float(),
        };
        self.pasts.borrow_mut().insert(id, all.clone());
        Value::Float(all)
    }

    /// As [batch, heads, length, size].
    fn split(&self, value: Value<B>, heads: usize, size: usize) -> Value<B> {
        if self.sizes.split_heads {
            return value;
        }
        let shape = value.shape();
        if shape[1] == 1 {
            return value.reshape(&[shape[0], heads, 1, size]);
        }
        value.reshape(&[shape[0], shape[1], heads, size]).permute(&[0, 2, 1, 3])
    }

    fn join(&self, y: FloatTensor<B>) -> Value<B> {
        let y = Value::Float(y);
        if self.sizes.split_heads || self.sizes.q_length == 1 {
            return y.reshape(&self.out);
        }
        y.permute(&[0, 2, 1, 3]).reshape(&self.out)
    }

    fn attend(&self, q: FloatTensor<B>, k: FloatTensor<B>, v: FloatTensor<B>, masks: Masks<B>) -> FloatTensor<B> {
        let sizes = &self.sizes;
        if self.shares_heads && !self.is_composed {
            return B::attention(q, k, v, masks.hidden, masks.added, self.options);
        }
        let rows = sizes.group() * sizes.q_length;
        let q = reshape::<B>(q, &[sizes.batch, sizes.kv_heads, rows, sizes.head_size]);
        let hidden = masks.hidden.map(|mask| self.folded(Value::Bool(mask)).bool());
        let added = masks.added.map(|mask| self.folded(Value::Float(mask)).float());
        let y = if self.is_composed {
            self.composed(q, k, v, hidden)
        } else {
            B::attention(q, k, v, hidden, added, self.options)
        };
        reshape::<B>(y, &[sizes.batch, sizes.q_heads, sizes.q_length, sizes.v_head_size])
    }

    /// As burn::nn's MultiHeadAttention does it: its backward takes less time than that of Burn's attention, whose softmax is composed.
    fn composed(
        &self,
        q: FloatTensor<B>,
        k: FloatTensor<B>,
        v: FloatTensor<B>,
        hidden: Option<BoolTensor<B>>,
    ) -> FloatTensor<B> {
        let scores = B::float_mul_scalar(B::float_matmul(q, B::float_swap_dims(k, 2, 3)), self.sizes.scale.into());
        let scores = self.softcapped(scores);
        let scores = match hidden {
            Some(hidden) => {
                let hidden = Value::<B>::Bool(hidden).expand(&shape_of::<B>(&scores)).bool();
                B::float_mask_fill(scores, hidden, f32::NEG_INFINITY.into())
            }
            None => scores,
        };
        B::float_matmul(B::softmax(scores, 3), v)
    }

    fn softcapped(&self, scores: FloatTensor<B>) -> FloatTensor<B> {
        match self.options.softcap {
            Some(cap) => B::float_mul_scalar(B::float_tanh(B::float_div_scalar(scores, cap.into())), cap.into()),
            None => scores,
        }
    }

    /// A mask of all query heads as one of the heads of keys, whose queries are those of all heads that share it.
    fn folded(&self, mask: Value<B>) -> Value<B> {
        let (sizes, shape) = (&self.sizes, mask.shape());
        let (group, keys) = (sizes.group(), shape[3]);
        let mask = mask.expand(&[shape[0], shape[1], sizes.q_length, keys]);
        if shape[1] != 1 {
            return mask.reshape(&[shape[0], sizes.kv_heads, group * sizes.q_length, keys]);
        }
        let repeated =
            mask.reshape(&[shape[0], 1, 1, sizes.q_length, keys]).expand(&[shape[0], 1, group, sizes.q_length, keys]);
        repeated.reshape(&[shape[0], 1, group * sizes.q_length, keys])
    }

    fn masks(&self, mask: Option<Value<B>>, valid: Option<Value<B>>) -> Masks<B> {
        let (mut hidden, mut added) = (self.causal.clone().map(Value::bool), None);
        let mut hide = |more: BoolTensor<B>| {
            hidden = Some(match hidden.take() {
                Some(some) => both::<B>(some, more),
                None => more,
            });
        };
        match mask.map(|mask| self.whole(mask.lift(4))) {
            Some(Value::Float(mask)) => added = Some(mask),
            Some(mask) => hide(B::bool_not(mask.bool())),
            None => (),
        }
        if let Some(valid) = valid {
            hide(self.beyond(valid));
        }
        Masks { hidden, added }
    }

    /// Keys beyond a mask's last dimension are not attended.
    fn whole(&self, mask: Value<B>) -> Value<B> {
        let missing = self.sizes.total_length() - mask.shape()[3];
        let pads = [(0, 0), (0, 0), (0, 0), (0, missing)];
        match mask {
            mask if missing == 0 => mask,
            Value::Float(mask) => padded(Value::Float(mask), &pads, PadMode::Constant(f32::NEG_INFINITY)),
            mask => padded(mask, &pads, PadMode::Constant(0.0)),
        }
    }

    /// Keys that are padding in their batch element, or come after the query when those that are valid end with the last query.
    fn beyond(&self, valid: Value<B>) -> BoolTensor<B> {
        let (queries, keys, batch) = (self.sizes.q_length, self.sizes.total_length(), self.sizes.batch);
        let shape = [batch, 1, queries, keys];
        let numbers = |count: usize, shape: &[usize]| {
            Value::<B>::Int(B::int_arange(0..count as i64, &self.device, IntDType::I64)).reshape(shape)
        };
        let valid = Value::<B>::Int(B::int_cast(valid.int(), IntDType::I64)).reshape(&[batch, 1, 1, 1]);
        let columns = numbers(keys, &[1, 1, 1, keys]).expand(&shape);
        let padding = B::int_greater_equal(columns.clone().int(), valid.clone().expand(&shape).int(), BOOL);
        if !self.causal_among_valid {
            return padding;
        }
        let rows = numbers(queries, &[1, 1, queries, 1]).expand(&shape).int();
        let last = B::int_sub_scalar(B::int_add(rows, valid.expand(&shape).int()), (queries as i64).into());
        B::bool_or(padding, B::int_greater(columns.int(), last, BOOL))
    }

    /// The scores at a stage of their way to probabilities, for whoever asks for them.
    fn scores(&self, stage: i64, q: Value<B>, k: Value<B>, masks: &Masks<B>) -> Value<B> {
        let sizes = &self.sizes;
        let all = [sizes.batch, sizes.q_heads, sizes.q_length, sizes.total_length()];
        let k = k.reshape(&[sizes.batch, sizes.kv_heads, 1, sizes.total_length(), sizes.head_size]);
        let k = k.expand(&[sizes.batch, sizes.kv_heads, sizes.group(), sizes.total_length(), sizes.head_size]);
        let k = k.reshape(&[sizes.batch, sizes.q_heads, sizes.total_length(), sizes.head_size]);
        let product = B::float_matmul(q.float(), B::float_swap_dims(k.float(), 2, 3));
        let mut scores = B::float_mul_scalar(product, sizes.scale.into());
        if stage >= 1 {
            scores = self.softcapped(scores);
        }
        if stage >= 2 {
            let causal = self.options.is_causal.then(|| causal_mask::<B>(sizes, &self.device));
            for hidden in masks.hidden.clone().map(Value::<B>::Bool).into_iter().chain(causal) {
                scores = B::float_mask_fill(scores, hidden.expand(&all).bool(), f32::NEG_INFINITY.into());
            }
            if let Some(added) = masks.added.clone() {
                scores = B::float_add(scores, added);
            }
        }
        Value::Float(if stage == 3 { probabilities::<B>(scores) } else { scores })
    }
}

/// Nothing, where nothing is seen.
fn probabilities<B: Backend>(scores: FloatTensor<B>) -> FloatTensor<B> {
    let probabilities = B::softmax(scores, 3);
    let nothing = B::float_is_nan(probabilities.clone(), BOOL);
    B::float_mask_fill(probabilities, nothing, 0.into())
}

/// With these rows from `begin` on; in place, since nobody else holds it between steps.
pub fn overwritten<B: Backend>(all: FloatTensor<B>, begin: usize, rows: FloatTensor<B>) -> FloatTensor<B> {
    let shape = shape_of::<B>(&all);
    let mut slices: Vec<_> = shape.iter().map(|&size| Slice::from(0..size)).collect();
    slices[2] = Slice::from(begin..begin + shape_of::<B>(&rows)[2]);
    B::float_slice_assign(all, &slices, rows)
}

fn both<B: Backend>(one: BoolTensor<B>, other: BoolTensor<B>) -> BoolTensor<B> {
    let (one, other) = (Value::<B>::Bool(one), Value::<B>::Bool(other));
    let shape: Vec<_> = one.shape().iter().zip(other.shape()).map(|(&a, b)| a.max(b)).collect();
    B::bool_or(one.expand(&shape).bool(), other.expand(&shape).bool())
}
