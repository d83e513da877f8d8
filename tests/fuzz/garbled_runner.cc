// A runner that speaks the protocol badly: every reply is a valid one, mutated by the seed that is its
// argument and the number of the reply. Ends with its input.
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "mutator.h"
#include "protocol/codec.h"
#include "samples.h"

namespace assay::fuzz {
namespace {

using protocol::Reply;

// The mutant as it goes to the pipe: mostly one line, at times none, one and a half, or two.
std::string sent(const std::string& line, Mutator& mutator) {
  switch (mutator.random().below(32)) {
    case 0:
      return line;
    case 1:
      return line + "\n" + line.substr(0, line.size() / 2);
    case 2:
      return line + "\n" + line + "\n";
    case 3:
      return "\n" + line + "\n";
    default:
      return line + "\n";
  }
}

std::string reply_to(const protocol::Request& request, Mutator& mutator) {
  static const auto results = one_of_each<protocol::Result>();
  const bool fails = mutator.random().below(2) == 0;  // after an error a runner lives on
  std::string line =
      encode(fails ? Reply{request.id, failure()} : Reply{request.id, results[request.call.index()]});
  line.pop_back();
  return sent(mutator(line), mutator);
}

void write_all(const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const auto written = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (written <= 0) _exit(1);
    done += static_cast<size_t>(written);
  }
}

}  // namespace
}  // namespace assay::fuzz

int main(int argc, char** argv) {
  const uint64_t seed = argc > 1 ? std::stoull(argv[1]) : 0;
  uint64_t count = 0;
  for (std::string line; std::getline(std::cin, line); ++count) {
    const auto request = assay::protocol::decode_request(line);
    if (!request) return 2;
    assay::fuzz::Mutator mutator(seed + count);
    assay::fuzz::write_all(assay::fuzz::reply_to(*request, mutator));
  }
  return 0;
}
