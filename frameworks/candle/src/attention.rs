//! Attention. Candle's flash attention for the CPU takes [batch, length, heads, size], whatever the strides, and shared heads as they
//! are; where a gradient is wanted, or what it does not know, two products with a softmax between.

use std::sync::Mutex;

use assay_runner::{AttentionSizes, Dtype};
use candle_core::{D, DType, Result, Tensor};
use candle_nn::attention::AttnMask;
use candle_nn::attention::cpu_flash::flash_attn;

use crate::device::{self, here};
use crate::kernel::{Compile, Compiled, Operands, Site, kernel, kernels, refuse};
use crate::layout::scalar;

pub const OPERATORS: &[(&str, Compile)] = &[("Attention", attention)];

fn attention(site: &Site) -> Compiled {
    site.need_f32(&[0, 1, 2, 4, 5])?;
    let sizes = AttentionSizes::of(site.graph, site.node);
    let is_plain = !site.is_given(3)
        && !site.is_given(6)
        && !(1..4).any(|place| site.is_wanted(place))
        && site.node.real("softcap", 0.0) == 0.0;
    if device::IS_CPU && is_plain && !site.gradients && sizes.q_length == 1 {
        flash(site, sizes)
    } else {
        products(site, sizes)
    }
}

/// [batch, length, heads, size], in the form that the node has or as a view of it.
fn by_length(x: &Tensor, sizes: &AttentionSizes, heads: usize) -> Result<Tensor> {
    if sizes.split_heads { x.transpose(1, 2) } else { x.reshape((sizes.batch, x.dim(1)?, heads, ())) }
}

/// [batch, heads, length, size].
fn by_head(x: &Tensor, sizes: &AttentionSizes, heads: usize) -> Result<Tensor> {
    if sizes.split_heads { Ok(x.clone()) } else { by_length(x, sizes, heads)?.transpose(1, 2) }
}

/// Keys or values of a state, [batch, heads, length, size], with room for those of a step behind them; or those of the step alone.
struct Memory(Option<Mutex<Tensor>>);

impl Memory {
    /// `place`: of the past among the node's inputs.
    fn of(site: &Site, place: usize, sizes: &AttentionSizes) -> std::result::Result<Self, String> {
        // Writing into a tensor is nothing that Candle's backward knows.
        let Some(past) = site.fixed(place).filter(|_| sizes.past_length > 0 && !site.gradients) else {
            return Ok(Self(None));
        };
        let memory = || -> Result<Tensor> {
            let (batch, heads, _, size) = past.dims4()?;
            let all = Tensor::zeros((batch, heads, sizes.total_length(), size), DType::F32, here())?;
            all.slice_set(&past.contiguous()?, 2, 0)?;
            Ok(all)
        };
        let all = memory().map_err(|error| error.to_string())?;
        // A clone is the same memory.
        let name = site.value(place).expect("it is fixed").name.clone();
        site.memories.borrow_mut().insert(name, all.clone());
        Ok(Self(Some(Mutex::new(all))))
    }

    /// All keys or values of a step: `now` has its own, `past` those that are computed.
    fn with(&self, now: &Tensor, past: Option<&Tensor>, sizes: &AttentionSizes) -> Result<Tensor> {
        match (&self.0, past) {
            (Some(memory), _) => {
                let all = memory.lock().expect("nobody panics while it is held");
                all.slice_set(&now.contiguous()?, 2, sizes.past_length)?;
                Ok(all.clone())
            }
            (None, Some(past)) => Tensor::cat(&[past, now], 2),
            (None, None) => Ok(now.clone()),
        }
    }
}

struct Memories {
    keys: Memory,
    values: Memory,
}

impl Memories {
    fn of(site: &Site, sizes: &AttentionSizes) -> std::result::Result<Self, String> {
        Ok(Self { keys: Memory::of(site, 4, sizes)?, values: Memory::of(site, 5, sizes)? })
    }

    /// Keys and values as [batch, heads, length, size].
    fn with(&self, x: &Operands, sizes: &AttentionSizes) -> Result<(Tensor, Tensor)> {
        let now = |place| by_head(x.at(place), sizes, sizes.kv_heads);
        Ok((self.keys.with(&now(1)?, x.given(4), sizes)?, self.values.with(&now(2)?, x.given(5), sizes)?))
    }
}

/// One query sees all keys.
fn flash(site: &Site, sizes: AttentionSizes) -> Compiled {
    let (memories, shape) = (Memories::of(site, &sizes)?, site.output_shape(0));
    kernel(move |x| {
        let q = by_length(x.at(0), &sizes, sizes.q_heads)?;
        let (k, v) = memories.with(x, &sizes)?;
        let (k, v) = (k.transpose(1, 2)?, v.transpose(1, 2)?);
        let y = flash_attn::<f32>(&q.contiguous()?, &k, &v, sizes.scale as f32, AttnMask::None, None, None)?;
        if sizes.split_heads { y.reshape(shape.as_slice()) } else { y.transpose(1, 2)?.reshape(shape.as_slice()) }
    })
}

/// What is added to the scores before the softmax: 0, or -inf where a query may not see a key.
fn causal_mask(site: &Site, sizes: &AttentionSizes) -> Option<Tensor> {
    let (q, k) = (sizes.q_length, sizes.total_length());
    if !site.node.flag("is_causal", false)
        || site.is_given(6)
        || (0..q).all(|query| (0..k).all(|key| sizes.is_seen(query, key)))
    {
        return None;
    }
    let number = |place: usize| if sizes.is_seen(place / k, place % k) { 0.0 } else { f32::NEG_INFINITY };
    Some(
        Tensor::from_iter((0..q * k).map(number), here())
            .and_then(|mask| mask.reshape((q, k)))
            .expect("it has q x k numbers"),
    )
}

/// The mask of the node as a summand; keys beyond its last column are not seen.
fn summand(mask: &Tensor, keys: usize) -> Result<Tensor> {
    let mask = match mask.dtype() {
        DType::U8 => mask.where_cond(
            &mask.zeros_like()?.to_dtype(DType::F32)?,
            &scalar(f32::NEG_INFINITY).broadcast_as(mask.shape())?,
        )?,
        _ => mask.clone(),
    };
    let columns = mask.dim(D::Minus1)?;
    if columns == 1 || columns == keys {
        return Ok(mask);
    }
    let mut shape = mask.dims().to_vec();
    shape[mask.rank() - 1] = keys - columns;
    Tensor::cat(&[&mask, &scalar(f32::NEG_INFINITY).broadcast_as(shape)?], D::Minus1)
}

/// The same for keys and values of which only the first so many of each sequence count; a causal query counts from the last of them.
fn kept_keys(kept: &Tensor, sizes: &AttentionSizes, is_causal: bool) -> Result<Tensor> {
    let kept = kept.to_dtype(DType::I64)?.reshape((sizes.batch, 1, 1, 1))?;
    let keys = Tensor::arange(0i64, sizes.total_length() as i64, here())?.reshape((1, 1, 1, ()))?;
    let seen = kept.broadcast_gt(&keys)?;
    if !is_causal {
        return summand(&seen, sizes.total_length());
    }
    let behind = Tensor::arange(1 - sizes.q_length as i64, 1, here())?.reshape((1, 1, (), 1))?;
    summand(&kept.broadcast_add(&behind)?.broadcast_gt(&keys)?.broadcast_mul(&seen)?, sizes.total_length())
}

fn softmax(scores: &Tensor, fused: bool) -> Result<Tensor> {
    if fused { candle_nn::ops::softmax_last_dim(scores) } else { candle_nn::ops::softmax(scores, D::Minus1) }
}

/// A query that may see no key has no probabilities: zeros.
fn softmax_of_seen(scores: &Tensor, fused: bool) -> Result<Tensor> {
    let unseen = scores.detach().max_keepdim(D::Minus1)?.eq(f32::NEG_INFINITY)?.broadcast_as(scores.shape())?;
    let zeros = scores.zeros_like()?;
    let probabilities = softmax(&unseen.where_cond(&zeros, scores)?, fused)?;
    unseen.where_cond(&zeros, &probabilities)
}

/// Where the scores that the node gives are taken.
#[derive(PartialEq)]
enum Given {
    Products,
    Capped,
    Masked,
    Probabilities,
}

fn products(site: &Site, sizes: AttentionSizes) -> Compiled {
    if site.value(3).is_some_and(|mask| !matches!(mask.dtype, Dtype::F32 | Dtype::BOOL)) {
        return refuse("the mask is neither float32 nor boolean");
    }
    let given = match site.node.int("qk_matmul_output_mode", 0) {
        0 => Given::Products,
        1 => Given::Capped,
        2 => Given::Masked,
        _ => Given::Probabilities,
    };
    let softcap = site.node.real("softcap", 0.0);
    let (is_causal, shape, fused) = (site.node.flag("is_causal", false), site.output_shape(0), !site.gradients);
    let causal = causal_mask(site, &sizes);
    let memories = Memories::of(site, &sizes)?;
    let outputs = site.node.outputs.len();
    kernels(move |x| {
        let (k, v) = memories.with(x, &sizes)?;
        let q = grouped(&(by_head(x.at(0), &sizes, sizes.q_heads)? * sizes.scale)?, &sizes)?;
        let products = ungrouped(&q.matmul(&flat(&k)?.t()?)?, &sizes)?;
        let capped = if softcap == 0.0 { products.clone() } else { ((&products / softcap)?.tanh()? * softcap)? };
        let masked = causal.as_ref().map_or(Ok(capped.clone()), |mask| capped.broadcast_add(mask))?;
        let masked = x
            .given(3)
            .map_or(Ok(masked.clone()), |mask| masked.broadcast_add(&summand(mask, sizes.total_length())?))?;
        let masked =
            x.given(6).map_or(Ok(masked.clone()), |kept| masked.broadcast_add(&kept_keys(kept, &sizes, is_causal)?))?;
        let probabilities = if x.given(3).or(x.given(6)).is_some() {
            softmax_of_seen(&masked, fused)?
        } else {
            softmax(&masked, fused)?
        };
        let y = ungrouped(&grouped(&probabilities, &sizes)?.matmul(&flat(&v)?)?, &sizes)?;
        let y = if sizes.split_heads { y } else { y.transpose(1, 2)?.reshape(shape.as_slice())? };
        let scores = match given {
            Given::Products => products,
            Given::Masked => masked,
            Given::Capped => capped,
            Given::Probabilities => probabilities,
        };
        Ok([y, k, v, scores].into_iter().take(outputs).collect())
    })
}

/// The queries that share a head of keys as more rows of one product: [batch * kv heads, group * length, size].
fn grouped(x: &Tensor, sizes: &AttentionSizes) -> Result<Tensor> {
    let (length, size) = (x.dim(2)?, x.dim(3)?);
    x.reshape((sizes.batch * sizes.kv_heads, sizes.group() * length, size))
}

fn ungrouped(x: &Tensor, sizes: &AttentionSizes) -> Result<Tensor> {
    x.reshape((sizes.batch, sizes.q_heads, sizes.q_length, ()))
}

/// [batch * heads, length, size], each matrix with its rows one after the other.
fn flat(x: &Tensor) -> Result<Tensor> {
    let (batch, heads, length, size) = x.dims4()?;
    x.contiguous()?.reshape((batch * heads, length, size))
}
