//! What the windows of a Conv, ConvTranspose, MaxPool or AveragePool node read, place by place, for frameworks that gather patches.

use crate::graph::{Graph, Node};
use crate::window::Window;

/// For each output and each place of the kernel the input that is read, both counted through all dimensions of space; nothing is outside of the image.
pub type Reads = Vec<Vec<Option<usize>>>;

fn along(w: &Window, axis: usize, transposed: bool) -> Reads {
    let (stride, dilation, pad) = (w.strides[axis] as i64, w.dilations[axis] as i64, w.pads_begin[axis] as i64);
    let read = |o: usize, k: usize| {
        let (o, k) = (o as i64, k as i64);
        let place = if transposed {
            let reached = o + pad - k * dilation;
            (reached % stride == 0).then_some(reached / stride)?
        } else {
            o * stride - pad + k * dilation
        };
        (0..w.input[axis] as i64).contains(&place).then_some(place as usize)
    };
    (0..w.output[axis]).map(|o| (0..w.kernel[axis]).map(|k| read(o, k)).collect()).collect()
}

/// `transposed`: of a ConvTranspose.
pub fn reads(w: &Window, transposed: bool) -> Reads {
    let mut all: Reads = vec![vec![Some(0)]];
    for axis in 0..w.input.len() {
        let own = along(w, axis, transposed);
        let join = |front: &[Option<usize>], back: &[Option<usize>]| {
            let pair = |a: Option<usize>| back.iter().map(move |b| Some(a? * w.input[axis] + (*b)?));
            front.iter().flat_map(|&a| pair(a)).collect()
        };
        all = all.iter().flat_map(|front| own.iter().map(|back| join(front, back)).collect::<Vec<_>>()).collect();
    }
    all
}

/// The windows of a pool: [batch * channels * points, kernel].
pub struct PoolWindows {
    pub rows: usize,
    pub kernel: usize,
    /// Of every element, its place in the whole input.
    pub places: Vec<Option<usize>>,
    window: Window,
}

impl PoolWindows {
    pub fn of(graph: &Graph, node: &Node) -> Self {
        let (window, shape) = (Window::of(graph, node), graph.shape(node, 0));
        let (images, points) = (shape[0] * shape[1], window.input.iter().product::<usize>());
        let reads = reads(&window, false);
        let image = |i: usize| reads.iter().flatten().map(move |place| place.map(|place| i * points + place));
        let places = (0..images).flat_map(image).collect();
        Self { rows: images * reads.len(), kernel: window.kernel.iter().product(), places, window }
    }

    /// Places outside are another one of the same window.
    pub fn inner_places(&self) -> Vec<usize> {
        let window = |places: &[Option<usize>]| {
            let any = places.iter().flatten().next().copied().expect("a window is not outside of the image as a whole");
            places.iter().map(|place| place.unwrap_or(any)).collect::<Vec<_>>()
        };
        self.places.chunks(self.kernel).flat_map(window).collect()
    }

    /// What the sum of each window is multiplied with to be its mean: places of the padding count, or not.
    pub fn shares(&self, count_padding: bool) -> Vec<f32> {
        let counts: Vec<usize> = if count_padding {
            self.padded_counts().into_iter().cycle().take(self.rows).collect()
        } else {
            self.places.chunks(self.kernel).map(|window| window.iter().flatten().count()).collect()
        };
        counts.into_iter().map(|count| 1.0 / count as f32).collect()
    }

    /// How many places of each window of an image lie in it or its padding.
    fn padded_counts(&self) -> Vec<usize> {
        let w = &self.window;
        let count = |axis: usize, o: usize| {
            let end = w.input[axis] + w.pads_begin[axis] + w.pads_end[axis];
            (0..w.kernel[axis]).filter(|k| o * w.strides[axis] + k * w.dilations[axis] < end).count()
        };
        (0..w.input.len()).fold(vec![1], |all, axis| {
            all.iter().flat_map(|&front| (0..w.output[axis]).map(move |o| front * count(axis, o))).collect()
        })
    }
}

/// The place of an element of [batch, channels, spatial…] when the points of an image are counted from the first dimension on (storage_order 1).
pub fn column_major(shape: &[usize], at: usize) -> usize {
    let points: usize = shape[2..].iter().product();
    let (mut rest, mut place, mut step) = (at % points, at / points * points, points);
    for &size in shape[2..].iter().rev() {
        step /= size;
        place += rest % size * step;
        rest /= size;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::one_node;

    fn windows(op: &str, attributes: &str) -> PoolWindows {
        let graph = one_node(op, &[&[1, 1, 3]], attributes);
        PoolWindows::of(&graph, &graph.nodes[0])
    }

    #[test]
    fn windows_read_the_image_and_beyond() {
        let pool = windows("AveragePool", r#"{"kernel_shape": [2], "pads": [1, 0]}"#);
        assert_eq!(pool.places, [None, Some(0), Some(0), Some(1), Some(1), Some(2)]);
        assert_eq!((pool.inner_places(), pool.rows), (vec![0, 0, 0, 1, 1, 2], 3));
        assert_eq!((pool.shares(false), pool.shares(true)), (vec![1.0, 0.5, 0.5], vec![0.5; 3]));
    }

    #[test]
    fn a_transposed_window_reads_what_reaches_it() {
        let graph = one_node("ConvTranspose", &[&[1, 1, 2], &[1, 1, 3]], r#"{"strides": [2]}"#);
        let window = Window::of(&graph, &graph.nodes[0]);
        let first = [vec![Some(0), None, None], vec![None, Some(0), None], vec![Some(1), None, Some(0)]];
        assert_eq!(reads(&window, true)[..3], first);
    }

    #[test]
    fn columns_come_first() {
        assert_eq!((0..6).map(|at| column_major(&[1, 1, 2, 3], at)).collect::<Vec<_>>(), [0, 2, 4, 1, 3, 5]);
        assert_eq!(column_major(&[2, 1, 2, 3], 7), 8);
    }
}
