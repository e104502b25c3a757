// SPDX-License-Identifier: Apache-2.0
// A command line in, the command or what is said against it out.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/cli/command.h"

namespace msggw::cli::test {

/// Without the name of the program.
using Words = std::vector<const char*>;

inline Command parsed(Words words) {
  words.insert(words.begin(), "msggw");
  return parse(static_cast<int>(words.size()), words.data());
}

/// The command that the words must make.
template <class T>
T expect(const Words& words) {
  Command command = parsed(words);
  const auto* const stop = std::get_if<Stop>(&command);
  INFO((stop == nullptr ? std::string() : stop->text));
  REQUIRE(std::holds_alternative<T>(command));
  return std::get<T>(std::move(command));
}

/// What is said of a command line that must be wrong.
inline std::string told(const Words& words) {
  const auto stop = expect<Stop>(words);
  CHECK(stop.code == ExitCode::usage);
  return stop.text;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace msggw::cli::test
