// SPDX-License-Identifier: Apache-2.0
#include "provisioning/tester/tester.h"

#include <stdexcept>

#include "gateway/base/log.h"
#include "gateway/base/plain_file.h"
#include "provisioning/tester/script.h"

namespace msggw::tester {

namespace {

std::runtime_error bad_scenario(const std::filesystem::path& file, const std::string& why) {
  return std::runtime_error("[pf.test] scenario " + file.string() + ": " + why);
}

}  // namespace

Tester::Tester(const base::Context& context, const Options& options, Hooks hooks)
    : context_(context),
      options_(options),
      hooks_(std::move(hooks)),
      journal_(options.journal_entries),
      faults_total_(base::metrics::counter(context.metrics, "msggw_pf_faults_total",
                                           "Requests that met a fault which a tester asked for")) {
  if (options_.scenario.empty()) return;
  for (Fault& fault : read_scenario(options_.scenario)) {
    if (const auto added = faults_.add(std::move(fault)); !added)
      throw bad_scenario(options_.scenario, added.error().detail);
  }
}

Tester::~Tester() = default;

std::vector<Fault> read_scenario(const std::filesystem::path& file) {
  const auto text = base::read_file(file, kMostScenarioOctets);
  if (!text) throw bad_scenario(file, text.error().detail);
  auto faults = parse_scenario(*text);
  if (!faults) throw bad_scenario(file, faults.error().detail);
  return std::move(*faults);
}

void Tester::start() {
  http::ServerOptions listener;
  listener.name = "test";
  listener.address = options_.address;
  listener.port = options_.port;
  listener.section = "pf.test";
  listener.max_connections = 64;
  server_ = std::make_unique<http::Server>(
      context_, listener, [this](const http::Request& request, const http::Responder& to) {
        to.respond(handle(request));
      });
  base::log::warn("pf_test_controls", {{"address", options_.address.to_string()},
                                       {"port", server_->port()},
                                       {"faults", faults_.entries().size()}});
}

std::uint16_t Tester::port() const noexcept {
  return server_ ? server_->port() : 0;
}

Fate Tester::on_request(const Seen& seen) {
  Fate fate;
  std::string_view name;
  if (const auto hit = faults_.on_request(seen)) {
    fate.action = hit->action;
    name = hit->name;
    faults_total_.Increment();
    if (hit->action.kind == Kind::restart)
      hooks_.restart(hit->action.delay, hit->action.lose_store);
  }
  fate.entry = journal_.arrived(seen, name, context_.clock.now());
  const std::string what =
      std::string(base::name_of(seen.channel)).append(" ").append(name_of(seen.operation));
  asked_[what] += std::max<std::size_t>(1, seen.subjects.size());
  return fate;
}

void Tester::answered(std::uint64_t entry, unsigned status, std::string_view service_id) {
  journal_.answered(entry, status, service_id, context_.clock.now());
  ++answered_[std::to_string(status)];
}

}  // namespace msggw::tester
