// SPDX-License-Identifier: Apache-2.0
// Replays a fuzz target's corpus without libFuzzer: every file of the folders (or files) given
// once, and prefixes of the small ones, so that an ordinary test run covers truncated input too.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kPrefixesBelow = 512;
// All of a file of so many octets: some targets take a millisecond for each.
constexpr std::size_t kMostPrefixes = 64;

void replay(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(in)), {});
  // A fresh exact-size copy each time, so that a sanitizer sees the first octet read past the end.
  const std::size_t prefixes =
      bytes.size() <= kPrefixesBelow ? std::min(bytes.size(), kMostPrefixes) : 0;
  for (std::size_t n = 0; n <= prefixes; ++n) {
    const std::size_t size = prefixes == 0 ? bytes.size() : n * bytes.size() / prefixes;
    const std::vector<std::uint8_t> input(bytes.begin(),
                                          bytes.begin() + static_cast<std::ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  for (int i = 1; i < argc; ++i) {
    const std::filesystem::path path(argv[i]);
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::directory_iterator(path)) {
        if (entry.is_regular_file()) replay(entry.path()), ++files;
      }
    } else {
      replay(path), ++files;
    }
  }
  std::cout << files << " corpus files replayed\n";
  return files == 0 ? 1 : 0;  // an empty corpus would pass without testing anything
}
