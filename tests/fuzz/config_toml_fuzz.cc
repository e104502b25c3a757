// SPDX-License-Identifier: Apache-2.0
// Any octets as a configuration file: either it loads, and then what it is written out to loads to
// the same, or the mistakes are told within their limits.
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/base/text.h"
#include "gateway/config/files/load.h"
#include "gateway/config/language/config_error.h"
#include "gateway/config/language/test_print.h"
#include "gateway/config/sections/declare.h"

namespace {

std::string written(msggw::config::Config config) {
  msggw::config::Config defaults;
  return msggw::config_language::test::written(msggw::config::options_of(config),
                                               msggw::config::options_of(defaults));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using msggw::base::ensure;
  using msggw::config::Purpose;
  using msggw::config_files::load_text;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto config = load_text(text, "fuzz", {}, Purpose::look);
    const std::string text_again = written(config);
    const auto again = load_text(text_again, "written", {}, Purpose::look);
    ensure(written(again) == text_again, "a configuration written out loads to the same");
  } catch (const msggw::config_language::ConfigError& error) {
    ensure(!error.problems().empty() && error.problems().size() <= error.kMostProblems,
           "a refused configuration has 1 to kMostProblems problems");
    for (const std::string& problem : error.problems()) {
      ensure(!msggw::base::has_control(problem) && problem.starts_with("fuzz"),
             "a problem is one printable line that names the file");
    }
  }
  try {
    load_text("", "fuzz", {std::string(text)}, Purpose::look);
  } catch (const msggw::config_language::ConfigError& error) {
    for (const std::string& problem : error.problems()) {
      ensure(!msggw::base::has_control(problem), "a problem is one printable line");
    }
  }
  return 0;
}
