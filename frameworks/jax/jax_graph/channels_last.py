"""Values whose arrays lie in another order of axes than the graph says: images with channels last, and the filters of convolutions. What reads
them otherwise turns them back; where both meet while the graph is traced, XLA cancels the two."""

import numpy


class Turned:
    """A value whose array has the graph's axis `order[place]` at each place."""

    def __init__(self, array, order):
        self.array, self.order = array, tuple(order)


def image_order(rank):
    """Of an image: batch, space, channels. With no space there is nothing to turn."""
    return (0, *range(2, rank), 1) if rank > 2 else tuple(range(rank))


def filter_order(rank):
    """Of a convolution's filters: space, channels in, channels out."""
    return (*range(2, rank), 1, 0)


def image(array):
    """The value of an array that has the channels last."""
    return Turned(array, image_order(array.ndim))


def is_image(value):
    return isinstance(value, Turned) and value.order == image_order(value.array.ndim)


def turned(value, order):
    """The array of a value, in that order of axes."""
    if isinstance(value, Turned) and value.order == order:
        return value.array
    return in_graphs_order(value).transpose(order)


def in_graphs_order(value):
    """The array of a value as the graph has it."""
    return value.array.transpose(numpy.argsort(value.order)) if isinstance(value, Turned) else value


def beside_images(value, rank):
    """The array of a value that is broadcast to images of that rank, channels last as they are."""
    if is_image(value):
        return value.array
    array = in_graphs_order(value)
    return array.reshape((1,) * (rank - array.ndim) + array.shape).transpose(image_order(rank)) if array.ndim else array
