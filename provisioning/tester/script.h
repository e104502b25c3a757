// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/fwd.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "provisioning/tester/faults.h"
#include "provisioning/tester/journal.h"

namespace msggw::tester {

/// A fault as a tester writes it (docs/tester.md has an example of each):
/// `{"name":"..","match":{"channels":["coap"],"operations":["provision"],"ueTypes":["NON_3GPP"],
/// "privateId":"00*","gateway":"gw-1"},"when":{"nth":[3]},"do":"status","status":503}`.
/// `when` is `nth`, or `from`, `to`, `every`, `probability` and `seed`. incorrect: the detail names
/// the member and what is allowed.
base::Result<Fault> parse_fault(std::string_view json);

/// What is replayed at start (option pf.test_scenario): `{"faults":[..]}`. malformed: no JSON.
/// incorrect: as above, with the position of the fault. At most kMostScenarioOctets.
inline constexpr std::size_t kMostScenarioOctets = 4 << 20;
base::Result<std::vector<Fault>> parse_scenario(std::string_view json);

/// The fault as parse_fault() takes it, with `matched` and `fired` beside it.
boost::json::object show(const Faults::Entry& entry);
/// A journal entry; what is empty is left out.
boost::json::object show(const Entry& entry);

}  // namespace msggw::tester
