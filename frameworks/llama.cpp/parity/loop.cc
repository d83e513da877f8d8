// The other side of parity.py: what llama-bench times, on the same library and file, without Assay's SDK.
// A prompt test clears the memory and decodes the prompt; a generation test decodes one token at a depth that
// was decoded before. llama-bench lets only the last position have logits; here all have, as in our workload.
//
//   loop MODEL.gguf THREADS PAST IDS0 IDS1      (IDS: token ids, comma separated; PAST: the same or
//   "-")
//
// Reads and answers one JSON object a line: {"versions": true}, {"steps": [0, 1]}, {"outputs": FILE}. The
// file gets `logits` in the safetensors format.
#include <ggml-cpu.h>
#include <llama.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

using Json = nlohmann::json;
using Tokens = std::vector<llama_token>;

static Tokens tokens_of(const std::string& text) {
  Tokens tokens;
  std::istringstream stream(text == "-" ? "" : text);
  for (std::string part; std::getline(stream, part, ',');) tokens.push_back(std::stoi(part));
  return tokens;
}

static llama_batch batch_of(const Tokens& tokens, size_t first) {
  llama_batch batch = llama_batch_init(static_cast<int32_t>(tokens.size()), 0, 1);
  batch.n_tokens = static_cast<int32_t>(tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i) {
    batch.token[i] = tokens[i];
    batch.pos[i] = static_cast<llama_pos>(first + i);
    batch.n_seq_id[i] = 1;
    batch.seq_id[i][0] = 0;
    batch.logits[i] = 1;
  }
  return batch;
}

static void write_logits(const std::string& path, const float* logits, size_t rows, size_t columns) {
  const Json header = {
      {"logits",
       {{"dtype", "F32"}, {"shape", {1, rows, columns}}, {"data_offsets", {0, rows * columns * 4}}}}};
  const std::string text = header.dump();
  const uint64_t length = text.size();
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(&length), sizeof length);
  file << text;
  file.write(reinterpret_cast<const char*>(logits), static_cast<std::streamsize>(rows * columns * 4));
}

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const int threads = std::atoi(argv[2]);
  const Tokens past = tokens_of(argv[3]);
  const Tokens prompts[] = {tokens_of(argv[4]), tokens_of(argv[5])};
  llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  llama_backend_init();
  llama_model* model = llama_model_load_from_file(argv[1], llama_model_default_params());
  llama_context_params settings = llama_context_default_params();
  settings.n_ctx = static_cast<uint32_t>(past.size() + prompts[0].size());
  settings.n_threads = settings.n_threads_batch = threads;
  settings.type_k = settings.type_v = GGML_TYPE_F32;
  settings.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  llama_context* context = model ? llama_init_from_model(model, settings) : nullptr;
  if (!context) return 1;
  ggml_threadpool_params pool = ggml_threadpool_params_default(threads);
  ggml_threadpool* workers = ggml_threadpool_new(&pool);
  llama_attach_threadpool(context, workers, workers);
  if (!past.empty() && llama_decode(context, batch_of(past, 0)) != 0) return 1;
  const llama_batch batches[] = {batch_of(prompts[0], past.size()), batch_of(prompts[1], past.size())};
  const float* logits = nullptr;
  const auto step = [&](size_t set) {
    llama_memory_seq_rm(llama_get_memory(context), 0, static_cast<llama_pos>(past.size()), -1);
    if (llama_decode(context, batches[set]) != 0) std::exit(1);
    llama_synchronize(context);
    logits = llama_get_logits(context);
  };
  for (std::string line; std::getline(std::cin, line);) {
    const Json request = Json::parse(line);
    Json answer = Json::object();
    if (request.contains("versions"))
      answer = {{"ggml", ggml_version()}, {"system", llama_print_system_info()}};
    if (request.contains("steps"))
      for (const size_t set : request["steps"].get<std::vector<size_t>>()) {
        const auto start = std::chrono::steady_clock::now();
        step(set);
        const auto passed = std::chrono::steady_clock::now() - start;
        answer["samples_ns"].push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(passed).count());
      }
    if (request.contains("outputs"))
      write_logits(request["outputs"], logits, prompts[0].size(),
                   static_cast<size_t>(llama_vocab_n_tokens(llama_model_get_vocab(model))));
    std::cout << answer.dump() << std::endl;
  }
  return 0;
}
