//! What a load makes: a network that is run, or one that is differentiated, too.

use assay_runner::{Answer, Failure, Load, OutputFile, Role, Tensors, ValueId};
use burn_autodiff::Autodiff;
use burn_backend::ops::FloatTensorOps;
use burn_backend::tensor::FloatTensor;
use burn_backend::{AutodiffBackend, Backend};

use crate::matrix::turns;
use crate::network::Network;
use crate::value::Value;
use crate::whole_request::WholeRequest;

pub trait Model {
    fn step(&mut self, inputs: &Tensors) -> Answer<()>;
    /// A whole request (whole_request.rs).
    fn parts(&mut self, _inputs: &Tensors, _done: &mut (dyn FnMut() + Send)) -> Answer<()> {
        Err(Failure::failed("the load has no generation"))
    }
    fn outputs(&mut self, to: &mut OutputFile) -> Answer<()>;
}

pub fn of<B: Backend>(load: Load, device: B::Device) -> Answer<Box<dyn Model>>
where
    Autodiff<B>: AutodiffBackend<InnerBackend = B, Device = B::Device>,
{
    if load.request.gradients {
        return Ok(Box::new(Training::<Autodiff<B>>::of(load, device)?));
    }
    if load.generation.is_some() {
        return Ok(Box::new(WholeRequest::<B>::of(load, device)?));
    }
    Ok(Box::new(Network::<B>::of(load.graph, &load.weights, &load.state, device, None)?))
}

impl<B: Backend> Model for Network<B> {
    fn step(&mut self, inputs: &Tensors) -> Answer<()> {
        self.run(inputs)
    }

    fn outputs(&mut self, to: &mut OutputFile) -> Answer<()> {
        self.write(to)
    }
}

struct Training<A: AutodiffBackend> {
    network: Network<A>,
    /// Those that have gradients, by their places among the graph's values.
    parameters: Vec<ValueId>,
    /// In the shapes that the graph says, a view where Burn holds the parameter the other way round. None: the loss does not depend on it.
    gradients: Vec<Option<FloatTensor<A::InnerBackend>>>,
}

impl<A: AutodiffBackend> Training<A> {
    fn of(load: Load, device: A::Device) -> Answer<Self> {
        let mut network = Network::<A>::of(load.graph, &load.weights, &load.state, device, None)?;
        let parameters = network.graph().with_role(Role::Parameter).filter(|(_, value)| value.trainable);
        let parameters: Vec<_> = parameters.map(|(id, _)| id).collect();
        for &id in &parameters {
            let parameter = network.parameter(id);
            *parameter = Value::Float(A::float_set_require_grad(parameter.clone().float(), true));
        }
        Ok(Self { network, parameters, gradients: Vec::new() })
    }
}

impl<A: AutodiffBackend> Model for Training<A> {
    fn step(&mut self, inputs: &Tensors) -> Answer<()> {
        self.gradients.clear();
        self.network.run(inputs)?;
        let loss = self.network.value(self.network.graph().outputs[0]).clone();
        let mut gradients = A::backward(loss.float());
        for &id in &self.parameters {
            let gradient = A::grad_remove(&self.network.parameter(id).clone().float(), &mut gradients);
            let back = |gradient| match turns(self.network.graph(), id) {
                true => A::InnerBackend::float_swap_dims(gradient, 0, 1),
                false => gradient,
            };
            self.gradients.push(gradient.map(back));
        }
        A::sync(self.network.device()).map_err(|error| Failure::failed(format!("{error:?}")))
    }

    fn outputs(&mut self, to: &mut OutputFile) -> Answer<()> {
        self.network.write(to)?;
        for (&id, gradient) in self.parameters.iter().zip(&self.gradients) {
            let value = self.network.graph().value(id);
            let name = format!("grad.{}", value.name);
            match gradient {
                Some(gradient) => {
                    let data = Value::<A::InnerBackend>::Float(gradient.clone()).into_data()?;
                    to.write(&name, value.dtype, &value.shape, data.as_bytes())?;
                }
                None => to.write_f32(&name, &value.shape, &vec![0.0; value.shape.iter().product()])?,
            }
        }
        Ok(())
    }
}
