// SPDX-License-Identifier: Apache-2.0
// What the broker's plugin reads of any octets: rows of the environment are refused or survive
// being written again, and no topic is two devices'.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/mqtt/access/format.h"
#include "adapters/mqtt/access/report.h"
#include "adapters/mqtt/access/rule.h"
#include "gateway/base/result.h"
#include "gateway/core/private_id.h"

namespace {

using msggw::base::ensure;
namespace access = msggw::mqtt::access;

void try_rows(std::string_view row) {
  if (const auto grant = access::parse_grant(row)) {
    std::string again;
    access::append_grant(again, *grant);
    ensure(access::parse_grant(again) == grant, "fuzz: a grant survives");
  }
  if (const auto login = access::parse_login(row)) {
    std::string again;
    access::append_login(again, *login);
    ensure(access::parse_login(again) == login, "fuzz: a login survives");
  }
  if (const auto change = access::parse_change(row)) {
    std::string again;
    access::append_change(again, *change);
    ensure(access::parse_change(again) == change, "fuzz: a change survives");
  }
  if (const auto report = access::parse_report(row)) {
    std::string again;
    access::append_report(again, *report);
    again.pop_back();
    ensure(access::parse_report(again) == report, "fuzz: a report survives");
  }
}

/// Whose topic it is, by the gateway's own reading of it.
void try_topic(std::string_view topic) {
  const std::vector<std::string> a{"meter-42", "001b638445e6"};
  const std::vector<std::string> b{"meter-43"};
  for (const auto act : {access::Act::read, access::Act::write, access::Act::subscribe}) {
    const bool is_a = access::is_its_own(a, "msgin5g", act, topic);
    const bool is_b = access::is_its_own(b, "msgin5g", act, topic);
    ensure(!(is_a && is_b), "fuzz: no topic is two devices'");
    if (!is_a) continue;
    ensure(topic.starts_with("msgin5g/"), "fuzz: nothing is beyond the prefix");
    const auto level = topic.substr(8, topic.find('/', 8) - 8);
    const auto id = msggw::core::PrivateId::parse(level, 255);
    ensure(id && (id->text() == a[0] || id->text() == a[1]), "fuzz: it is its own for the gateway");
    ensure(level.find_first_of("+#") == std::string_view::npos, "fuzz: no wildcard names a device");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  try_rows(octets);
  try_topic(octets);
  try_topic("msgin5g/" + std::string(octets));
  return 0;
}
