//! The input sets of the next steps, from the file of an inputs request into this process's own memory.

use crate::failure::Answer;
use crate::forms::{self, Form, Forms};
use crate::message::InputsRequest;
use crate::tensor::{Tensor, Tensors};

/// The sets, in order: each has the graph's inputs, each tensor memory of its own, contiguous and aligned to 64 bytes. Nothing refers to
/// the file afterwards. Fails naming the file and the tensor that is missing, too many, or not as the graph says.
pub fn read_inputs(request: &InputsRequest, wanted: &Forms) -> Answer<Vec<Tensors>> {
    let file = Tensor::read_file(&request.path)?;
    let sets = request.sets.get();
    forms::check(&forms::of_tensors(&file), &stacked(wanted, sets), &request.path)?;
    let set = |place| wanted.iter().map(|(name, form)| (name.clone(), slice(&file[name], place, form))).collect();
    Ok((0..sets).map(set).collect())
}

/// The forms with one more dimension in front, which counts the sets.
fn stacked(forms: &Forms, sets: usize) -> Forms {
    let front = |form: &Form| Form { dtype: form.dtype, shape: [&[sets][..], &form.shape].concat() };
    forms.iter().map(|(name, form)| (name.clone(), front(form))).collect()
}

fn slice(stacked: &Tensor, place: usize, form: &Form) -> Tensor {
    let bytes = form.bytes();
    Tensor::copied(form.dtype, &form.shape, &stacked.bytes()[place * bytes..(place + 1) * bytes])
}
