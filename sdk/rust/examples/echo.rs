//! A runner of two operators, Identity and Add, on float32: for tests/conformance/test_sdks.py. Variants make it misbehave.

use assay_runner::*;

#[derive(Default)]
struct Echo {
    load: Option<Load>,
    values: Tensors,
}

impl Echo {
    fn new() -> Answer<Self> {
        if std::env::var_os("ECHO_WITHOUT_FRAMEWORK").is_some() {
            return Err(Failure::failed("libframework.so: cannot open shared object file"));
        }
        println!("a library prints");
        Ok(Self::default())
    }

    fn operand(&self, graph: &Graph, node: &Node, place: usize) -> &[f32] {
        self.values[&graph.value(node.inputs[place].unwrap()).name].data()
    }

    fn evaluate(&self, graph: &Graph, node: &Node) -> Vec<f32> {
        let first = self.operand(graph, node, 0);
        match node.op.as_str() {
            "Add" => first.iter().zip(self.operand(graph, node, 1)).map(|(one, other)| one + other).collect(),
            _ => first.to_vec(),
        }
    }
}

impl Runner for Echo {
    fn describe(&mut self) -> Answer<Description> {
        println!("and prints again");
        Ok(Description {
            framework: "Echo".into(),
            version: "1".into(),
            devices: vec![Device { name: "cpu".into(), description: "any".into() }],
            operators: vec!["Add".into(), "Identity".into()],
            precisions: vec!["f32".into()],
            training: true,
            details: Default::default(),
        })
    }

    fn load(&mut self, load: Load) -> Answer<Loaded> {
        let known = |node: &Node| matches!(node.op.as_str(), "Identity" | "Add");
        load.graph.screen(|node| (!known(node)).then(|| "not in Echo".to_string()))?;
        let notes = format!("variant {}", load.request.variant);
        self.load = Some(load);
        Ok(Loaded { precision: "f32".into(), threads: 1, notes })
    }

    fn step(&mut self, inputs: &Tensors) -> Answer<()> {
        let load = self.load.take().expect("a load came before");
        match load.request.variant.as_str() {
            "fails" => return Err(Failure::failed("the device is lost")),
            "throws" => panic!("thrown by the framework"),
            "memory" => return Err(Failure::unsupported(Reason::Memory, "out of memory")),
            "address" => {
                let address = inputs["x"].bytes().as_ptr() as usize % 64;
                self.load = Some(load);
                return Err(Failure::failed(address));
            }
            _ => (),
        }
        self.values = inputs.clone();
        self.values.extend(load.weights.clone());
        for node in &load.graph.nodes {
            let value = load.graph.value(node.outputs[0].unwrap());
            let data: Vec<u8> = self.evaluate(&load.graph, node).iter().flat_map(|x| x.to_le_bytes()).collect();
            self.values.insert(value.name.clone(), Tensor::copied(value.dtype, &value.shape, &data));
        }
        self.load = Some(load);
        Ok(())
    }

    fn outputs(&mut self, to: &mut OutputFile) -> Answer<()> {
        let load = self.load.as_ref().expect("a load came before");
        if load.request.variant == "forgets" {
            return Ok(());
        }
        for value in load.graph.outputs.iter().map(|&id| load.graph.value(id)) {
            let flat = [value.shape.iter().product()];
            let shape = if load.request.variant == "flat" { &flat[..] } else { &value.shape };
            to.write(&value.name, value.dtype, shape, self.values[&value.name].bytes())?;
        }
        let trainable =
            load.graph.with_role(Role::Parameter).filter(|(_, value)| load.request.gradients && value.trainable);
        for (_, value) in trainable {
            // Of sums, which is all it has.
            let ones = vec![1.0; value.shape.iter().product()];
            to.write_f32(&format!("grad.{}", value.name), &value.shape, &ones)?;
        }
        Ok(())
    }
}

fn main() {
    serve(Echo::new);
}
