// SPDX-License-Identifier: Apache-2.0
// A tester's faults and scenarios: whatever comes in, what is understood can be shown and read
// again.
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "gateway/base/json.h"
#include "provisioning/tester/script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace msggw::tester;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_scenario(text);
  auto fault = parse_fault(text);
  if (!fault) return 0;
  Faults faults;
  if (!faults.add(std::move(*fault))) return 0;
  std::string shown;
  msggw::base::append_json(shown, show(faults.entries().front()));
  msggw::base::ensure(parse_fault(shown).has_value(), "what is shown can be read");
  return 0;
}
