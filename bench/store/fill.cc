// Fills a store with runs that nobody measured, the same ones every time, to see what questions to it cost:
//
//   fill STORE [RUNS [RESULTS [VISITS [SAMPLES [MODELS]]]]]
//
// by default 2000 runs x 50 results x 20 visits x 5 samples, of one model; with more, each 16 runs have the
// next one. What is in them has the size of what real runs have: footprints with packages and mapped files,
// limits of the machine with their readings, tensor errors, warm starts. bench/store/main.py measures with
// it.
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "host/host.h"
#include "store/store.h"

namespace {

using namespace assay;  // NOLINT(google-build-using-namespace): a program of one file

struct Amounts {
  int runs = 2000, results = 50, visits = 20, samples = 5, models = 1;
};

// SplitMix64: the same numbers on every machine.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed) {}
  int64_t between(int64_t low, int64_t high) {
    state_ += 0x9E3779B97F4A7C15ULL;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return low + static_cast<int64_t>((z ^ (z >> 31)) % static_cast<uint64_t>(high - low));
  }
  double real(double low, double high) {
    return low + (high - low) * static_cast<double>(between(0, 1 << 30)) / (1 << 30);
  }

 private:
  uint64_t state_;
};

record::Limits limits_of(Numbers& numbers) {
  record::Limits limits{.measured = "2026-01-01T00:00:00Z", .threads = 2};
  for (const char* precision : {"f32", "f64", "bf16"})
    limits.peaks.push_back({precision,
                            numbers.real(1e11, 1e12),
                            "a library",
                            {{"a library", "its kernels", numbers.real(1e11, 1e12)},
                             {"another", "its kernels", numbers.real(1e11, 1e12)}}});
  for (const char* level : {"L1", "L2", "L3", "DRAM"})
    limits.levels.push_back({level, numbers.between(1 << 15, 1 << 25), numbers.real(1e10, 1e12), 1 << 20});
  for (int size = 14; size < 30; ++size) {
    record::Bandwidth point{int64_t{1} << size, numbers.real(1e10, 1e12), {}};
    for (const char* kernel : {"ascending", "streams-2", "streams-4", "streams-8"})
      for (int threads = 1; threads <= 2; ++threads)
        point.readings.push_back({kernel, threads, numbers.real(1e10, 1e12)});
    limits.bandwidth.push_back(point);
  }
  return limits;
}

record::Run run_of(int index, const Amounts& amounts, Numbers& numbers) {
  record::Run run;
  run.id = fmt::format("2026{:02}{:02}-{:02}{:02}{:02}-{:04x}", index / 28 % 12 + 1, index % 28 + 1,
                       index / 3600 % 24, index / 60 % 60, index % 60, index & 0xFFFF);
  run.label = fmt::format("label {}", index % 100);
  run.started = fmt::format("2026-{:02}-{:02}T{:02}:{:02}:{:02}Z", index / 28 % 12 + 1, index % 28 + 1,
                            index / 3600 % 24, index / 60 % 60, index % 60);
  run.clock = record::ClockAnchor{numbers.between(0, 1'000'000'000'000), 1'767'225'600'000'000'000 + index};
  run.assay = "0.1.0";
  run.command = "assay run -m model -w inference -w latency --budget 6m";
  run.arguments = {"run", "-m", "model", "-w", "inference", "-w", "latency", "--budget", "6m"};
  run.host.name = fmt::format("host-{:012x}", index % 16);
  run.host.os = "Debian GNU/Linux 12 (bookworm)";
  run.host.cpu = "a processor";
  run.host.cores = run.host.cpus = 2;
  // Whom advice and histories are for; with more models than one each of 16 machines has each model once.
  if (index % 2 == 0 && amounts.models == 1) run.host = host::this_machine();
  run.host.limits = limits_of(numbers);
  run.threads = 2;
  run.target = 0.03;
  run.seed = static_cast<uint64_t>(index);
  for (const char* workload : {"inference", "latency", "training"})
    run.hashes[fmt::format("graph model/full/{}", workload)] = fmt::format("{:032x}", index);
  return run;
}

record::Visit visit_of(int round, int samples, Numbers& numbers) {
  record::Visit visit;
  visit.block = round / 5;
  visit.round = round;
  visit.position = static_cast<int>(numbers.between(0, 10));
  visit.started_ns = numbers.between(0, 1'000'000'000'000);
  for (int i = 0; i < samples; ++i) {
    visit.samples_ns.push_back(numbers.between(10'000'000, 11'000'000));
    visit.batch_ns += visit.samples_ns.back() + 1000;
  }
  visit.requests = {{samples, visit.batch_ns}};
  visit.sets = samples;
  visit.inputs_ns = numbers.between(10'000, 20'000);
  visit.cpu_ns = 2 * visit.batch_ns;
  visit.cpu_window_ns = visit.batch_ns;
  visit.surroundings.cpu_pressure = numbers.real(0, 0.05);
  visit.surroundings.load = numbers.real(0, 3);
  visit.surroundings.other_cpus = numbers.real(0, 0.05);
  visit.surroundings.threads = 4;
  visit.surroundings.cpus = 2;
  return visit;
}

record::Launch launch_of(Numbers& numbers) {
  record::Launch launch{.cold_s = numbers.real(1, 10), .import_s = 1, .load_s = 0.5, .prepare_s = 0.25};
  launch.peak_bytes = numbers.between(1 << 28, 1 << 30);
  launch.compute_type = "f32";
  launch.footprint.build = "venv-0123456789abcdef";
  for (int i = 0; i < 20; ++i)
    launch.footprint.packages.push_back({fmt::format("package{}", i), "1.2.3", "cp311-cp311-manylinux"});
  for (int i = 0; i < 40; ++i)
    launch.footprint.mapped.push_back({fmt::format("lib/python3.11/site-packages/package/library{}.so", i),
                                       record::Origin::framework, 1 << 20, 1 << 22});
  return launch;
}

Result<> add_result(store::Store& store, const record::Run& run, const std::string& model, int index,
                    const Amounts& amounts, Numbers& numbers) {
  constexpr std::array kWorkloads = {"inference", "latency", "training", "decode", "prefill"};
  const record::Cell cell{model, "full", kWorkloads[static_cast<size_t>(index) / 10 % 5], "f32"};
  ASSAY_TRY(const int64_t key,
            store.add_result(run.id, {fmt::format("framework{}", index), "v", "cpu", "1.0"}, cell));
  ASSAY_TRY_VOID(store.append(key, launch_of(numbers)));
  ASSAY_TRY_VOID(store.append(key, record::RunnerDescription{"Framework", "a CPU", 2, "", {{"wheel", "1"}}}));
  ASSAY_TRY_VOID(store.append(key, record::StepLimit{2e9, 1e9, 5e8, 128, "tokens", 1.5, 0.5}));
  ASSAY_TRY_VOID(store.append(key, record::Provenance{"graph", "weights", "runner"}));
  ASSAY_TRY_VOID(store.append(key, record::Accuracy{record::Verdict::exact, 1e-7, 2e-7, 1.0, "logits", ""}));
  ASSAY_TRY_VOID(
      store.append(key, record::TensorErrors{{"logits", 1e-7, 2e-7, 1.0}, {"loss", 1e-8, 2e-8, 1}}));
  for (int round = 0; round < amounts.visits; ++round) {
    if (round % 5 == 0) ASSAY_TRY_VOID(store.append(key, record::WarmStart{round / 5, 2, 1, 0.5, 0.25}));
    ASSAY_TRY_VOID(store.append(key, visit_of(round, amounts.samples, numbers)));
  }
  return store.append(key, record::Completed{});
}

Result<> add_run(store::Store& store, int index, const Amounts& amounts) {
  Numbers numbers(static_cast<uint64_t>(index));
  const record::Run run = run_of(index, amounts, numbers);
  ASSAY_TRY_VOID(store.begin(run));
  const int number = index / 16 % amounts.models;
  const std::string model = number == 0 ? "model" : fmt::format("model{}", number);
  for (int i = 0; i < amounts.results; ++i)
    ASSAY_TRY_VOID(add_result(store, run, model, i, amounts, numbers));
  return store.finish(run);
}

Result<> fill(const std::filesystem::path& path, const Amounts& amounts) {
  ASSAY_TRY(const auto store, store::open_sqlite(path));
  for (int index = 0; index < amounts.runs; ++index)
    ASSAY_TRY_VOID(store->together([&] { return add_run(*store, index, amounts); }));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Amounts amounts;
  const std::array wanted = {&amounts.runs, &amounts.results, &amounts.visits, &amounts.samples,
                             &amounts.models};
  for (int i = 2; i < argc && i < 7; ++i) {
    const std::string_view word = argv[i];
    const auto end = word.data() + word.size();
    if (std::from_chars(word.data(), end, *wanted[static_cast<size_t>(i) - 2]).ptr != end) argc = 0;
  }
  if (argc < 2 || argc > 7 || amounts.models < 1) {
    std::fputs("fill STORE [RUNS [RESULTS [VISITS [SAMPLES [MODELS]]]]]\n", stderr);
    return 2;
  }
  const auto done = fill(argv[1], amounts);
  if (done) return 0;
  std::fprintf(stderr, "fill: %s\n", done.error().message.c_str());
  return 4;
}
