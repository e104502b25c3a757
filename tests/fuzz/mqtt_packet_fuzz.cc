// SPDX-License-Identifier: Apache-2.0
// Packets of a broker, one after the other, in both versions. What passes stays within its octets.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "adapters/mqtt/protocol/checker.h"

namespace {

using namespace msggw::mqtt::protocol;

void check_all(Version version, std::string_view rest) {
  Checker checker;
  checker.begin(version);
  while (true) {
    const auto header = read_header(rest, 4'096);
    if (!header || !*header || (*header)->total() > rest.size()) return;
    const std::string_view octets = rest.substr(0, (*header)->total());
    const auto packet = checker.check(**header, octets);
    if (!packet) return;
    for (const auto view :
         {packet->topic, packet->payload, packet->codes, packet->properties.response_topic,
          packet->properties.correlation, packet->properties.reason_string}) {
      const bool inside =
          view.empty() || (view.data() >= octets.data() &&
                           view.data() + view.size() <= octets.data() + octets.size());
      if (!inside) std::abort();
    }
    if (packet->header.type == Type::publish && packet->topic.empty()) std::abort();
    for (const char* const name : {"msgId", "appId", ""}) {
      const auto value = user_property(packet->properties.list, name);
      const bool inside = !value || value->empty() ||
                          (value->data() >= octets.data() &&
                           value->data() + value->size() <= octets.data() + octets.size());
      if (!inside || (value && judge(*value) == Text::bad)) std::abort();
    }
    rest.remove_prefix(octets.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;  // the corpus has an octet in front that other targets read
  const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_all(Version::mqtt5, octets);
  check_all(Version::mqtt311, octets);
  return 0;
}
