//! Scattering to the places that a MaxPool gives out, which its gradient does. They are of windows that are known beforehand: each element of
//! the image takes what was scattered to it from the few windows that cover it.

use assay_runner::{Graph, Node, PoolWindows};

use crate::emitter::{Emitted, Emitter, elements};

/// The pool whose places the node scatters to, all of them.
pub fn pool_of<'a>(graph: &'a Graph, node: &Node) -> Option<&'a Node> {
    let mut id = node.input(1)?;
    loop {
        let producer = &graph.nodes[graph.producer(id)?];
        match producer.op.as_str() {
            "Reshape" | "Flatten" | "Identity" => id = producer.input(0)?,
            "MaxPool" if producer.output(1) == Some(id) && !producer.flag("storage_order", false) => {
                let (pooled, data) = (graph.shape(producer, 0), graph.shape(node, 0));
                return (data == [elements(pooled)]).then_some(producer);
            }
            _ => return None,
        }
    }
}

/// Sums [elements of the image].
pub fn scattered(e: &mut Emitter, node: &Node, pool: &Node) -> Emitted {
    let windows = PoolWindows::of(e.graph, pool);
    let (rows, kernel, n) = (windows.rows, windows.kernel, elements(e.shape(pool, 0)));
    let all = rows * kernel;
    // exp2(-200 d²) is 1 for d = 0, and 0 for other whole numbers.
    let candidates = e.constant(windows.places.iter().map(|place| place.map_or(-1.0, |place| place as f32)).collect());
    let chosen = e.input(node, 1);
    let chosen = e.along_rows(chosen, rows, kernel);
    let distance = e.sub(candidates, chosen, all);
    let square = e.mul(distance, distance, all);
    let scaled = e.scale(square, -200.0, all);
    let hits = e.exp2(scaled, all);
    let updates = e.input(node, 2);
    let updates = e.along_rows(updates, rows, kernel);
    let parts = e.mul(hits, updates, all);
    let (covers, most) = covers(&windows, n);
    let (source, size) = e.with_zeros(parts, all, 1);
    let own = e.gather(source, size, covers, 1)?;
    Ok(e.row_sums(own, n, most))
}

/// For each element of the image the places in all windows that read it, filled up with the place of a zero; and how many these are.
fn covers(windows: &PoolWindows, n: usize) -> (Vec<usize>, usize) {
    let mut by_element = vec![Vec::new(); n];
    for (place, element) in windows.places.iter().enumerate() {
        if let Some(element) = element {
            by_element[*element].push(place);
        }
    }
    let most = by_element.iter().map(Vec::len).max().unwrap_or(0).max(1);
    by_element.iter_mut().for_each(|own| own.resize(most, windows.places.len()));
    (by_element.concat(), most)
}
