//! Reads outputs back by way of memory that processors read fast. Meganeura itself maps outputs into memory that is fast for the GPU, which a
//! processor reads byte by byte over the bus where the GPU is a card of its own (25 MB take a second); it stages parameters and gradients
//! as is done here.

use blade_graphics::{BufferDesc, BufferPiece, CommandEncoderDesc, Context, Memory};

/// The first numbers of a buffer, as many as there is room for, after all that was submitted before.
pub fn download(context: &Context, from: BufferPiece, to: &mut [f32]) {
    if to.is_empty() {
        return;
    }
    let size = size_of_val(to) as u64;
    let staging = context.create_buffer(BufferDesc { name: "outputs", size, memory: Memory::Download });
    let mut encoder =
        context.create_command_encoder(CommandEncoderDesc { name: "outputs", buffer_count: 1, manual_barriers: false });
    encoder.start();
    encoder.transfer("outputs").copy_buffer_to_buffer(from, staging.at(0), size);
    let done = context.submit(&mut encoder);
    let waited = context.wait_for(&done, !0);
    // Safety: the buffer is mapped, has `size` bytes, and the device has written them.
    unsafe { std::ptr::copy_nonoverlapping(staging.data().cast(), to.as_mut_ptr(), to.len()) };
    context.destroy_command_encoder(&mut encoder);
    context.destroy_buffer(staging);
    assert!(matches!(waited, Ok(true)), "the device is lost");
}
