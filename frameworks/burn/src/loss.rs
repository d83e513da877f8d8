//! SoftmaxCrossEntropyLoss, as burn::nn's CrossEntropyLoss computes it: log-softmax and gather. Classes are the second dimension.

use burn_backend::tensor::{BoolTensor, FloatTensor, IntTensor};
use burn_backend::{Backend, Shape, TensorMetadata};

use crate::backend::BOOL;
use crate::operators::{Emitted, Site};
use crate::value::{Value, reshape};

struct Loss {
    /// Of the scores, with one spatial dimension: [batch, classes, places].
    shape: [usize; 3],
    ignored: Option<i64>,
    reduction: String,
    scores: Vec<usize>,
    out: Vec<usize>,
    wants_log_probabilities: bool,
}

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let scores = site.shape(0);
    let loss = Loss {
        shape: [scores[0], scores[1], scores[2..].iter().product()],
        ignored: site.node.attributes.contains_key("ignore_index").then(|| site.node.int("ignore_index", 0)),
        reduction: site.node.text("reduction", "mean").to_string(),
        scores,
        out: site.out_shape(),
        wants_log_probabilities: site.wanted(1),
    };
    Ok(Box::new(move |mut x| {
        let log_probabilities = B::log_softmax(x.float(0), 1);
        let weights = x.given(2).map(Value::float);
        let result = loss.reduced::<B>(log_probabilities.clone(), x.int(1), weights);
        let log_probabilities = loss.wants_log_probabilities.then(|| reshape::<B>(log_probabilities, &loss.scores));
        vec![Some(Value::Float(result)), log_probabilities.map(Value::Float)]
    }))
}

impl Loss {
    fn reduced<B: Backend>(
        &self,
        log_probabilities: FloatTensor<B>,
        labels: IntTensor<B>,
        weights: Option<FloatTensor<B>>,
    ) -> FloatTensor<B> {
        let count = self.shape[0] * self.shape[2];
        let labels = B::int_reshape(labels, Shape::from(vec![count]));
        let ignored = self.ignored.map(|index| B::int_equal_elem(labels.clone(), index.into(), BOOL));
        let labels = match &ignored {
            Some(mask) => B::int_mask_fill(labels, mask.clone(), 0.into()),
            None => labels,
        };
        let weights = weights.map(|weights| B::float_select(weights, 0, labels.clone()));
        let losses = B::float_neg(self.chosen::<B>(log_probabilities, labels));
        self.mean_or_sum::<B>(losses, weights, ignored)
    }

    /// The log-probability of each place's label.
    fn chosen<B: Backend>(&self, log_probabilities: FloatTensor<B>, labels: IntTensor<B>) -> FloatTensor<B> {
        let [batch, classes, places] = self.shape;
        let rows = match places {
            1 => log_probabilities,
            _ => B::float_permute(reshape::<B>(log_probabilities, &self.shape), &[0, 2, 1]),
        };
        let rows = reshape::<B>(rows, &[batch * places, classes]);
        let chosen = B::float_gather(1, rows, B::int_reshape(labels, Shape::from(vec![batch * places, 1])));
        reshape::<B>(chosen, &[batch * places])
    }

    fn mean_or_sum<B: Backend>(
        &self,
        losses: FloatTensor<B>,
        weights: Option<FloatTensor<B>>,
        ignored: Option<BoolTensor<B>>,
    ) -> FloatTensor<B> {
        let without = |tensor: FloatTensor<B>| match &ignored {
            Some(mask) => B::float_mask_fill(tensor, mask.clone(), 0.into()),
            None => tensor,
        };
        let is_plain = weights.is_none() && ignored.is_none();
        let weights = weights.unwrap_or_else(|| ones_like::<B>(&losses));
        let (losses, weights) = if is_plain {
            (losses, weights)
        } else {
            (without(B::float_mul(losses, weights.clone())), without(weights))
        };
        let result = match self.reduction.as_str() {
            "none" => losses,
            "sum" => B::float_sum(losses),
            _ if is_plain => B::float_mean(losses),
            _ => B::float_div(B::float_sum(losses), B::float_sum(weights)),
        };
        reshape::<B>(result, &self.out)
    }
}

fn ones_like<B: Backend>(tensor: &FloatTensor<B>) -> FloatTensor<B> {
    B::float_ones(tensor.shape(), &tensor.device(), tensor.dtype().into())
}
