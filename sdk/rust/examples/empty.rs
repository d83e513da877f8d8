//! A runner whose step does nothing: what is left in its samples is the timing loop's own (bench/proof).

use assay_runner::*;

struct Empty;

impl Runner for Empty {
    fn describe(&mut self) -> Answer<Description> {
        let devices = vec![Device { name: "cpu".into(), description: String::new() }];
        Ok(Description {
            framework: "empty".into(),
            version: "0".into(),
            devices,
            precisions: vec!["f32".into()],
            ..Default::default()
        })
    }

    fn load(&mut self, load: Load) -> Answer<Loaded> {
        Ok(Loaded { precision: "f32".into(), threads: load.request.threads.get(), notes: String::new() })
    }

    fn step(&mut self, _: &Tensors) -> Answer<()> {
        Ok(())
    }

    fn outputs(&mut self, _: &mut OutputFile) -> Answer<()> {
        Ok(())
    }
}

fn main() {
    serve(|| Ok(Empty));
}
