// SPDX-License-Identifier: Apache-2.0
// Any octets as a file of SMSCs: either every mistake is told within the limits, or there are SMSCs
// with names of their own, addresses that can be read and fields that fit into SMPP.
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/base/text.h"
#include "gateway/config/files/smscs_file.h"
#include "gateway/config/language/config_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using msggw::base::ensure;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  msggw::sms::SmscOptions defaults;
  defaults.password = "inherit";
  try {
    const auto all = msggw::config_files::load_smscs_text(text, "fuzz", defaults);
    ensure(!all.empty() && all.size() <= msggw::config_files::kMostSmscs,
           "there are 1 to kMostSmscs");
    std::set<std::string> names;
    for (const auto& one : all) {
      ensure(names.insert(one.name).second, "no two SMSCs have one name");
      ensure(!one.addresses.empty(), "an SMSC has an address");
      for (const auto& address : one.addresses) ensure(address.port != 0, "it can be connected to");
      for (const auto* text :
           {&one.system_id, &one.password, &one.system_type, &one.address_range, &one.service_type})
        ensure(text->size() <= msggw::sms::kMostAccountText, "it fits into a bind or a message");
      ensure(one.rate > 0, "something can be sent");
      ensure(one.certificate.empty() == one.key.empty(), "a certificate has its key");
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
