//! GridSample, as far as Burn has it: images of two dimensions, by the nearest pixel or the four around.

use burn_backend::Backend;
use burn_backend::ops::{GridSampleOptions, GridSamplePaddingMode, InterpolateMode};

use crate::operators::{Emitted, Site, one_float};

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    if site.rank(0) != 4 {
        return Err("Burn samples images of two dimensions by a grid".to_string());
    }
    let mode = match site.node.text("mode", "linear") {
        "linear" => InterpolateMode::Bilinear,
        "nearest" if cfg!(any(feature = "cuda", feature = "wgpu")) => {
            return Err("Burn samples by a grid in the mode linear on GPUs".to_string());
        }
        "nearest" => InterpolateMode::Nearest,
        _ => return Err("Burn samples by a grid in the modes linear and nearest".to_string()),
    };
    let padding_mode = match site.node.text("padding_mode", "zeros") {
        "zeros" => GridSamplePaddingMode::Zeros,
        "border" => GridSamplePaddingMode::Border,
        _ => GridSamplePaddingMode::Reflection,
    };
    let options = GridSampleOptions { mode, padding_mode, align_corners: site.node.flag("align_corners", false) };
    one_float(move |mut x| B::float_grid_sample_2d(x.float(0), x.float(1), options.clone()))
}
