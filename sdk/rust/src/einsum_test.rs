use super::*;

/// Of whole numbers, in rows.
#[derive(Clone, Debug, PartialEq)]
struct Numbers {
    shape: Vec<usize>,
    data: Vec<i64>,
}

/// The places of a shape's elements, one after the other.
fn places(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().fold(vec![Vec::new()], |all, &size| {
        all.iter().flat_map(|place| (0..size).map(|i| [place.as_slice(), &[i]].concat())).collect()
    })
}

impl Numbers {
    fn counting(shape: &[usize]) -> Self {
        Self::by(shape.to_vec(), |place| place.iter().fold(1, |all, &i| 3 * all + i as i64))
    }

    fn by(shape: Vec<usize>, number: impl Fn(&[usize]) -> i64) -> Self {
        Self { data: places(&shape).iter().map(|place| number(place)).collect(), shape }
    }

    fn at(&self, place: &[usize]) -> i64 {
        self.data[place.iter().zip(&self.shape).fold(0, |all, (&i, &size)| all * size + i)]
    }
}

impl Contracted for Numbers {
    type Error = std::convert::Infallible;

    fn shape(&self) -> Vec<usize> {
        self.shape.clone()
    }

    fn reshaped(self, shape: &[usize]) -> Result<Self, Self::Error> {
        assert_eq!(shape.iter().product::<usize>(), self.data.len());
        Ok(Self { shape: shape.to_vec(), ..self })
    }

    fn permuted(self, axes: &[usize]) -> Result<Self, Self::Error> {
        let shape = axes.iter().map(|&axis| self.shape[axis]).collect();
        let from = |i: usize| axes.iter().position(|&axis| axis == i).expect("every axis");
        Ok(Self::by(shape, |place| self.at(&(0..place.len()).map(|i| place[from(i)]).collect::<Vec<_>>())))
    }

    fn picked(self, axis: usize, wanted: &[usize]) -> Result<Self, Self::Error> {
        let mut shape = self.shape.clone();
        shape[axis] = wanted.len();
        Ok(Self::by(shape, |place| {
            let mut place = place.to_vec();
            place[axis] = wanted[place[axis]];
            self.at(&place)
        }))
    }

    fn summed(self, axis: usize) -> Result<Self, Self::Error> {
        let (mut shape, size) = (self.shape.clone(), self.shape[axis]);
        shape.remove(axis);
        Ok(Self::by(shape, |place| (0..size).map(|i| self.at(&[&place[..axis], &[i], &place[axis..]].concat())).sum()))
    }

    fn expanded(self, shape: &[usize]) -> Result<Self, Self::Error> {
        let own =
            |place: &[usize]| place.iter().zip(&self.shape).map(|(&i, &size)| i.min(size - 1)).collect::<Vec<_>>();
        Ok(Self::by(shape.to_vec(), |place| self.at(&own(place))))
    }

    fn times(self, other: Self) -> Result<Self, Self::Error> {
        let (inner, shape) = (self.shape[2], vec![self.shape[0], self.shape[1], other.shape[2]]);
        Ok(Self::by(shape, |place| {
            (0..inner).map(|i| self.at(&[place[0], place[1], i]) * other.at(&[place[0], i, place[2]])).sum()
        }))
    }
}

/// By the definition: for each place of all indices the product of the operands, added up.
fn defined(plan: &Einsum, operands: &[Numbers]) -> Numbers {
    let number = |out: &[usize]| {
        let fits = |place: &&Vec<usize>| plan.output.iter().zip(out).all(|(&index, &i)| place[index] == i);
        let own = |place: &[usize], indices: &Indices, shape: &[usize]| -> Vec<usize> {
            indices.iter().zip(shape).map(|(&index, &size)| place[index].min(size - 1)).collect()
        };
        let product = |place: &Vec<usize>| -> i64 {
            operands.iter().zip(&plan.inputs).map(|(x, indices)| x.at(&own(place, indices, &x.shape))).product()
        };
        places(&plan.sizes).iter().filter(fits).map(product).sum()
    };
    Numbers::by(plan.shape(&plan.output), number)
}

fn check(equation: &str, shapes: &[&[usize]], out: &[usize]) {
    let plan = Reader::read(equation, shapes);
    let operands: Vec<_> = shapes.iter().map(|shape| Numbers::counting(shape)).collect();
    let Ok(result) = plan.contract(operands.clone());
    assert_eq!(result.shape, out, "{equation}");
    assert_eq!(result, defined(&plan, &operands), "{equation}");
}

#[test]
fn products_sums_and_transposes() {
    check("ij,jk->ik", &[&[2, 3], &[3, 4]], &[2, 4]);
    check("bij,bjk->bik", &[&[2, 3, 4], &[2, 4, 5]], &[2, 3, 5]);
    check("ij->ji", &[&[2, 3]], &[3, 2]);
    check("ij->i", &[&[2, 3]], &[2]);
    check("i,j->ij", &[&[2], &[3]], &[2, 3]);
    check("i,i", &[&[3], &[3]], &[]);
    check("ij,jk", &[&[2, 3], &[3, 4]], &[2, 4]);
    check("ab,bc,cd->da", &[&[2, 3], &[3, 4], &[4, 2]], &[2, 2]);
}

#[test]
fn an_index_that_comes_twice_is_a_diagonal() {
    check("ii->i", &[&[3, 3]], &[3]);
    check("ii", &[&[3, 3]], &[]);
    check("iji->ji", &[&[3, 2, 3]], &[2, 3]);
    check("...ii->...i", &[&[2, 3, 3]], &[2, 3]);
}

#[test]
fn an_ellipsis_broadcasts() {
    check("...ij,...jk->...ik", &[&[2, 3, 4], &[4, 5]], &[2, 3, 5]);
    check("...i,...i->...", &[&[2, 1, 4], &[3, 4]], &[2, 3]);
    check("... , ...", &[&[1, 3], &[2, 1]], &[2, 3]);
    check("...->...", &[&[2, 3]], &[2, 3]);
}
