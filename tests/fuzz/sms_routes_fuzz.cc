// SPDX-License-Identifier: Apache-2.0
// Where texts of devices go: the first line of the input is a text, the others are what an operator
// writes. Each is refused with a reason, or says the same when it is written and read again; and
// what they name is a recipient of theirs.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/sms/routes.h"

namespace {

using msggw::base::ensure;
namespace sms = msggw::sms;

/// Adds it if it is one.
template <class Entry, class Parse>
void take(std::string_view line, Parse parse, std::vector<Entry>& all) {
  auto entry = parse(line);
  if (!entry) return ensure(!entry.error().detail.empty(), "fuzz: a refusal has a reason");
  const std::string written = to_string(*entry);
  const auto again = parse(written);
  ensure(again && to_string(*again) == written, "fuzz: an entry is stable");
  all.push_back(*std::move(entry));
}

void route(const sms::Routes& routes, std::string_view text) {
  if (const auto named = routes.named(text)) {
    ensure(!named->rest.empty() && text.ends_with(named->rest), "fuzz: the rest is behind");
    ensure(!named->to.address.empty(), "fuzz: an alias is somebody");
  }
  for (const auto port : {std::optional<std::uint16_t>(), std::optional<std::uint16_t>(16'000)}) {
    const auto to = routes.otherwise(text, text, port);
    ensure(!to || !to->address.empty(), "fuzz: a recipient is somebody");
  }
  static_cast<void>(routes.application(std::nullopt));
  static_cast<void>(routes.application(msggw::sms_text::Ports{16'000, 16'001}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto next = [&] {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
  };
  const std::string_view text = next();
  sms::Routes routes;
  while (!rest.empty()) {
    const std::string_view line = next();
    take(line, sms::parse_alias, routes.aliases);
    take(line, sms::parse_number_route, routes.numbers);
    take(line, sms::parse_service_route, routes.services);
    take(line, sms::parse_port_application, routes.applications);
  }
  route(routes, text);
  return 0;
}
