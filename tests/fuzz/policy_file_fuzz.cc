// SPDX-License-Identifier: Apache-2.0
// Any octets as a policy file: either every mistake is told within the limits, or it is a policy
// that compiles (or is refused with one reason), decides on every request, and explains what it
// decides.
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/base/text.h"
#include "gateway/config/files/policy_file.h"
#include "gateway/config/language/config_error.h"
#include "provisioning/function/policy.h"

namespace {

using msggw::base::ensure;
using msggw::function::Policy;
using msggw::function::PolicyRule;

void ask(const Policy& policy, const char* private_id, std::string_view info,
         std::string_view gateway) {
  const auto id = msggw::core::PrivateId::parse(private_id).value();
  const msggw::function::Asked asked{msggw::core::UeType::non_3gpp, id, info, gateway};
  const PolicyRule* rule = policy.rule_for(asked);
  ensure(policy.explain(asked).back().rule == rule, "what is explained is what is decided");
  for (const auto& step : policy.explain(asked)) {
    ensure(!step.why.empty() && !msggw::base::has_control(step.why), "a reason is one line");
  }
  msggw::protocol::Response answer;
  policy.describe(*rule, id.text(), answer);
  ensure(!answer.server_service_ids.empty(), "every answer names a server");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const msggw::function::Options pf;
  try {
    const auto options = msggw::config_files::load_policy_text(text, "fuzz", pf);
    const Policy policy(options, pf.wire);
    ask(policy, "00-1B-63-84-45-E6", R"({"vendor":"Acme","model":4})", "gw-1");
    ask(policy, "proto-1", "", "");
  } catch (const msggw::config_language::ConfigError& error) {
    ensure(!error.problems().empty() && error.problems().size() <= error.kMostProblems,
           "a refused file has 1 to kMostProblems problems");
    for (const std::string& problem : error.problems()) {
      ensure(!msggw::base::has_control(problem) && problem.starts_with("fuzz"),
             "a problem is one printable line that names the file");
    }
  } catch (const std::runtime_error& error) {
    ensure(!msggw::base::has_control(error.what()), "a fault is one printable line");
  }
  return 0;
}
