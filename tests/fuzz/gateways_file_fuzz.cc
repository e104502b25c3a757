// SPDX-License-Identifier: Apache-2.0
// Any octets as a file of gateways: either every mistake is told within the limits, or the gateways
// can be told apart, each by what it shows.
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/base/text.h"
#include "gateway/config/files/gateways_file.h"
#include "gateway/config/language/config_error.h"
#include "provisioning/function/gateways.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using msggw::base::ensure;
  using msggw::function::Asker;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // It would read whatever file the input names.
  if (text.find("_file") != std::string_view::npos || text.find('\\') != std::string_view::npos)
    return 0;
  try {
    const auto all = msggw::config_files::load_gateways_text(text, "fuzz");
    const msggw::function::Gateways gateways(all);
    for (const auto& one : all) {
      const std::string authorization = "Bearer " + one.token;
      msggw::function::Proof proof;
      if (!one.certificate.empty()) proof.certificate = {&one.certificate, 1};
      if (!one.token.empty()) proof.authorization = authorization;
      if (one.certificate.empty() && one.token.empty()) proof.psk_identity = one.psk_identity;
      const Asker asker = gateways.who(proof);
      ensure(asker.standing == Asker::Standing::gateway && asker.name == one.name,
             "a gateway is known by what it shows");
      asker.may_ask_for("001b638445e6");
    }
  } catch (const msggw::config_language::ConfigError& error) {
    ensure(!error.problems().empty() && error.problems().size() <= error.kMostProblems,
           "a refused file has 1 to kMostProblems problems");
    for (const std::string& problem : error.problems()) {
      ensure(!msggw::base::has_control(problem) && problem.starts_with("fuzz"),
             "a problem is one printable line that names the file");
    }
  }
  return 0;
}
