//! The file that a step's outputs are written to. Its layout follows from the graph, so tensors may come in any order, one at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use crate::failure::{Answer, Failure};
use crate::forms::{self, Form, Forms};

const PLACE: &str = "the runner's outputs";
/// Tensors begin at multiples of it, where their sizes are.
const ALIGNMENT: usize = 64;

pub struct OutputFile {
    file: File,
    forms: Forms,
    /// Of each tensor, from the start of the file.
    offsets: BTreeMap<String, usize>,
    written: BTreeSet<String>,
}

impl OutputFile {
    /// Writes one tensor, row-major. Fails when the graph has no output of that name and form, or when it came before.
    pub fn write(&mut self, name: &str, dtype: Dtype, shape: &[usize], bytes: &[u8]) -> Answer<()> {
        forms::check_one(name, &Form { dtype, shape: shape.to_vec() }, &self.forms, PLACE)?;
        if bytes.len() != self.forms[name].bytes() {
            return Err(Failure::failed(format!("{PLACE}: tensor '{name}' has {} bytes", bytes.len())));
        }
        if !self.written.insert(name.to_string()) {
            return Err(Failure::failed(format!("{PLACE}: tensor '{name}' comes twice")));
        }
        Ok(self.file.write_all_at(bytes, self.offsets[name] as u64)?)
    }

    /// The same of a tensor in float32.
    pub fn write_f32(&mut self, name: &str, shape: &[usize], data: &[f32]) -> Answer<()> {
        self.write(name, Dtype::F32, shape, bytemuck::cast_slice(data))
    }

    /// Lets `fill` write tensors of these forms to a neighbour of `path` and renames it. Fails when one is missing.
    pub(crate) fn create(path: &str, forms: &Forms, fill: impl FnOnce(&mut Self) -> Answer<()>) -> Answer<()> {
        let part = format!("{path}.part");
        let done = Self::begin(&part, forms).and_then(|mut file| fill(&mut file).and_then(|()| file.complete()));
        match done {
            Ok(()) => Ok(fs::rename(&part, path)?),
            Err(failure) => fs::remove_file(&part).map_or_else(|_| Err(failure.clone()), |()| Err(failure.clone())),
        }
    }

    fn begin(path: &str, forms: &Forms) -> Answer<Self> {
        let (header, offsets) = layout(forms)?;
        let file = File::create_new(path).map_err(|error| Failure::failed(format!("{path}: {error}")))?;
        file.write_all_at(&header, 0)?;
        Ok(Self { file, forms: forms.clone(), offsets, written: BTreeSet::new() })
    }

    fn complete(&self) -> Answer<()> {
        match self.forms.keys().find(|name| !self.written.contains(*name)) {
            Some(name) => Err(Failure::failed(format!("{PLACE}: tensor '{name}' is missing"))),
            None => Ok(()),
        }
    }
}

/// The beginning of the file, and where in it each tensor begins. The format allows no holes, so tensors whose size is a multiple of the
/// alignment come first; the others follow, larger element types first: each is aligned to its elements.
fn layout(forms: &Forms) -> Answer<(Vec<u8>, BTreeMap<String, usize>)> {
    let mut order: Vec<_> = forms.iter().collect();
    order.sort_by_key(|(_, form)| (form.bytes() % ALIGNMENT != 0, std::cmp::Reverse(form.dtype.bitsize())));
    let (mut end, mut offsets, mut infos) = (0, BTreeMap::new(), Vec::new());
    for (name, form) in order {
        let data_offsets = (end, end + form.bytes());
        offsets.insert(name.clone(), end);
        infos.push((name.clone(), TensorInfo { dtype: form.dtype, shape: form.shape.clone(), data_offsets }));
        end = data_offsets.1;
    }
    let mut text = serde_json::to_vec(&Metadata::new(None::<HashMap<_, _>>, infos)?)?;
    text.resize((8 + text.len()).next_multiple_of(ALIGNMENT) - 8, b' ');
    offsets.values_mut().for_each(|offset| *offset += 8 + text.len());
    Ok(([&(text.len() as u64).to_le_bytes()[..], &text].concat(), offsets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Tensor;

    fn forms() -> Forms {
        let form = |dtype, shape: &[usize]| Form { dtype, shape: shape.to_vec() };
        [
            ("flags", form(Dtype::BOOL, &[3])),
            ("loss", form(Dtype::F32, &[])),
            ("wide", form(Dtype::F32, &[2, 16])),
            ("none", form(Dtype::F32, &[0, 4])),
        ]
        .map(|(name, form)| (name.to_string(), form))
        .into()
    }

    fn fill(file: &mut OutputFile) -> Answer<()> {
        file.write_f32("loss", &[], &[0.5])?;
        file.write("flags", Dtype::BOOL, &[3], &[1, 0, 1])?;
        file.write_f32("none", &[0, 4], &[])?;
        file.write_f32("wide", &[2, 16], &[7.0; 32])
    }

    #[test]
    fn what_is_written_in_any_order_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out").to_str().unwrap().to_string();
        for _ in 0..2 {
            OutputFile::create(&path, &forms(), fill).unwrap();
        }
        let read = Tensor::read_file(&path).unwrap();
        assert_eq!(forms::of_tensors(&read), forms());
        assert_eq!(read["loss"].data::<f32>(), [0.5]);
        assert_eq!(read["flags"].bytes(), [1, 0, 1]);
        assert_eq!(read["wide"].data::<f32>(), [7.0; 32]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no file is left over");
    }

    #[test]
    fn what_is_missing_too_many_or_of_another_form_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out").to_str().unwrap().to_string();
        let fault =
            |fill: fn(&mut OutputFile) -> Answer<()>| OutputFile::create(&path, &forms(), fill).unwrap_err().message;
        assert_eq!(fault(|_| Ok(())), "the runner's outputs: tensor 'flags' is missing");
        assert_eq!(
            fault(|file| file.write_f32("z", &[], &[0.0])),
            "the runner's outputs: tensor 'z' is not in the graph"
        );
        assert!(fault(|file| file.write_f32("loss", &[1], &[0.0])).contains("is F32 [1], the graph says F32 []"));
        assert!(fault(|file| file.write_f32("loss", &[], &[0.0, 1.0])).contains("has 8 bytes"));
        assert!(fault(|file| fill(file).and_then(|()| file.write_f32("loss", &[], &[0.5]))).contains("comes twice"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "no file is left over");
    }
}
