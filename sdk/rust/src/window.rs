//! How the window of a Conv, ConvTranspose, MaxPool or AveragePool node moves over an image [batch, channels, spatial…]: attributes with
//! their defaults filled in and automatic padding worked out.

use crate::graph::{Graph, Node};

/// Each list has one entry a spatial dimension. Output position o reads input o * stride - pad_begin + k * dilation for the kernel
/// positions k; ConvTranspose adds to output i * stride - pad_begin + k * dilation instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    pub input: Vec<usize>,
    pub output: Vec<usize>,
    pub kernel: Vec<usize>,
    pub strides: Vec<usize>,
    pub dilations: Vec<usize>,
    pub pads_begin: Vec<usize>,
    pub pads_end: Vec<usize>,
    pub group: usize,
}

impl Window {
    pub fn of(graph: &Graph, node: &Node) -> Self {
        let input = graph.shape(node, 0)[2..].to_vec();
        let is_pool = matches!(node.op.as_str(), "MaxPool" | "AveragePool");
        let entries = |name: &str, count: usize, otherwise: usize| -> Vec<usize> {
            node.ints(name)
                .map_or(vec![otherwise; count], |values| values.iter().map(|&value| value as usize).collect())
        };
        let count = input.len();
        let kernel = if is_pool { entries("kernel_shape", count, 1) } else { graph.shape(node, 1)[2..].to_vec() };
        let (strides, dilations) = (entries("strides", count, 1), entries("dilations", count, 1));
        let pads = entries("pads", 2 * count, 0);
        let (pads_begin, pads_end) = (pads[..count].to_vec(), pads[count..].to_vec());
        let group = node.int("group", 1) as usize;
        let mut window = Self { output: Vec::new(), input, kernel, strides, dilations, pads_begin, pads_end, group };
        match node.text("auto_pad", "NOTSET") {
            "NOTSET" | "VALID" => (),
            same => window.pad_same(same == "SAME_UPPER"),
        }
        window.output = if node.op == "ConvTranspose" {
            window.unswept(&entries("output_padding", count, 0))
        } else {
            window.swept(node.flag("ceil_mode", false))
        };
        window
    }

    /// What the kernel spans of dimension `i`.
    pub fn extent(&self, i: usize) -> usize {
        (self.kernel[i] - 1) * self.dilations[i] + 1
    }

    /// SAME: as many outputs as strides fit, the padding halved, the odd one at the end (upper) or the start.
    fn pad_same(&mut self, upper: bool) {
        for i in 0..self.input.len() {
            let outputs = self.input[i].div_ceil(self.strides[i]);
            let needed = ((outputs.max(1) - 1) * self.strides[i] + self.extent(i)).saturating_sub(self.input[i]);
            self.pads_begin[i] = if upper { needed / 2 } else { needed - needed / 2 };
            self.pads_end[i] = needed - self.pads_begin[i];
        }
    }

    fn swept(&self, ceil: bool) -> Vec<usize> {
        let count = |i: usize| {
            let reach = self.input[i] + self.pads_begin[i];
            let room = reach + self.pads_end[i] - self.extent(i);
            let steps = if ceil { room.div_ceil(self.strides[i]) } else { room / self.strides[i] };
            // A window that would start in the padding at the end is left out.
            if ceil && steps * self.strides[i] >= reach { steps } else { steps + 1 }
        };
        (0..self.input.len()).map(count).collect()
    }

    fn unswept(&self, extra: &[usize]) -> Vec<usize> {
        let length = |i: usize| {
            let all = (self.input[i] - 1) * self.strides[i] + extra[i] + self.extent(i);
            all - self.pads_begin[i] - self.pads_end[i]
        };
        (0..self.input.len()).map(length).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::one_node;

    fn window(op: &str, shapes: &[&[usize]], attributes: &str) -> Window {
        let graph = one_node(op, shapes, attributes);
        Window::of(&graph, &graph.nodes[0])
    }

    #[test]
    fn defaults_are_filled_in() {
        let conv = window("Conv", &[&[1, 2, 7, 5], &[4, 2, 3, 2]], "{}");
        assert_eq!((conv.kernel.clone(), conv.strides.clone(), conv.group), (vec![3, 2], vec![1, 1], 1));
        assert_eq!(conv.output, [5, 4]);
        let spread = window("Conv", &[&[1, 2, 7], &[4, 2, 3]], r#"{"dilations": [2], "strides": [2], "pads": [1, 2]}"#);
        assert_eq!((spread.output.clone(), spread.extent(0)), (vec![3], 5));
    }

    #[test]
    fn padding_is_worked_out() {
        let pads = |mode: &str| {
            let text = format!(r#"{{"kernel_shape": [2], "auto_pad": "{mode}"}}"#);
            let pool = window("MaxPool", &[&[1, 1, 4]], &text);
            (pool.pads_begin[0], pool.pads_end[0], pool.output[0])
        };
        assert_eq!((pads("SAME_UPPER"), pads("SAME_LOWER"), pads("VALID")), ((0, 1, 4), (1, 0, 4), (0, 0, 3)));
    }

    #[test]
    fn the_last_window_of_ceil_mode_must_start_within() {
        let output = |size: usize, attributes: &str| window("MaxPool", &[&[1, 1, size]], attributes).output[0];
        assert_eq!(output(6, r#"{"kernel_shape": [3], "strides": [2]}"#), 2);
        assert_eq!(output(6, r#"{"kernel_shape": [3], "strides": [2], "ceil_mode": 1}"#), 3);
        assert_eq!(output(2, r#"{"kernel_shape": [1], "strides": [2], "pads": [0, 1], "ceil_mode": 1}"#), 1);
    }

    #[test]
    fn a_transposed_convolution_grows() {
        let grown = window(
            "ConvTranspose",
            &[&[1, 2, 3], &[2, 4, 3]],
            r#"{"strides": [2], "pads": [1, 0], "output_padding": [1]}"#,
        );
        assert_eq!(grown.output, [7]);
    }
}
