#include "placement.h"

#include <ggml-backend.h>

#include <memory>

namespace llama_runner {
namespace {

bool moves_nothing(ggml_op op) {
  return op == GGML_OP_NONE || op == GGML_OP_VIEW || op == GGML_OP_RESHAPE || op == GGML_OP_PERMUTE ||
         op == GGML_OP_TRANSPOSE;
}

// libllama asks before each operator whether somebody wants its result; nobody does.
bool note(ggml_tensor* result, bool /*ask*/, void* names) {
  if (!moves_nothing(result->op) && result->buffer && ggml_backend_buffer_is_host(result->buffer))
    static_cast<std::set<std::string>*>(names)->insert(ggml_op_name(result->op));
  return false;
}

}  // namespace

std::optional<std::set<std::string>> computed_on_host(llama_model* model, llama_context_params settings,
                                                      llama_batch batch) {
  std::set<std::string> names;
  settings.cb_eval = note;
  settings.cb_eval_user_data = &names;
  const std::unique_ptr<llama_context, decltype(&llama_free)> context(llama_init_from_model(model, settings),
                                                                      llama_free);
  if (!context || llama_decode(context.get(), batch) != 0) return std::nullopt;
  return names;
}

}  // namespace llama_runner
