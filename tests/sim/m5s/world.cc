// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/world.h"

#include <fmt/format.h>

#include "gateway/base/secrets.h"

namespace msggw::m5s {

World::World(const Options& options)
    : relay(options.relay, registry),
      journal(options.journal_most, options.journal_file),
      options_(options),
      seed_(options.seed != 0 ? options.seed : base::random_number()),
      random_(seed_) {
  registry.add_own(options.own_server);
}

std::string World::new_message_id() {
  return fmt::format("{:016x}{:016x}", random_(), random_());
}

boost::json::object World::show_counters() const {
  boost::json::object in, out;
  for (const auto& [what, count] : answers_) {
    const auto& [operation, status] = what;
    boost::json::object& direction = is_ours(operation) ? out : in;
    boost::json::value& by_status = direction[name_of(operation)];
    if (!by_status.is_object()) by_status.emplace_object();
    by_status.get_object()[std::to_string(status)] = count;
  }
  const Relay::Counters& c = relay.counters();
  return {{"in", std::move(in)},
          {"out", std::move(out)},
          {"delivered", c.delivered},
          {"failed", c.failed},
          {"expired", c.expired},
          {"stored", c.stored},
          {"repeated", c.repeated},
          {"again", c.again},
          {"segmentsDropped", relay.segments_dropped()},
          {"waiting", relay.records().not_ended()}};
}

void World::reset() {
  relay.reset();
  faults.clear();
  journal.clear();
  answers_.clear();
}

}  // namespace msggw::m5s
