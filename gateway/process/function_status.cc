// SPDX-License-Identifier: Apache-2.0
// What a Provisioning Function says of itself: where it listens, and how its parts are.
#include <chrono>
#include <string>
#include <utility>

#include "gateway/process/build_info.h"
#include "gateway/process/function_process.h"

namespace msggw::process {

std::vector<Listener> FunctionProcess::listeners() const {
  std::vector<Listener> all;
  for (const std::string& root : function_.api_roots())
    all.push_back({root, "Provisioning Function"});
  if (function_.test_port() != 0) {
    const base::Address at{base::Host(options_.test.address), function_.test_port()};
    all.push_back({"http://" + to_string(at) + "/test/v1", "tester: journal and faults"});
  }
  if (admin_ && admin_->port() != 0)
    all.push_back(
        {"http://127.0.0.1:" + std::to_string(admin_->port()) + "/metrics", "operator: metrics"});
  return all;
}

void FunctionProcess::look_at_troubles() {
  std::vector<Trouble> found;
  if (!function_.healthy()) found.push_back({"store", {}, function_.trouble()});
  if (!gateways_trouble_.empty())
    found.push_back({"gateways", options_.gateways_file.string(),
                     gateways_trouble_ + "; those of before are in force", false});
  if (!coaps_trouble_.empty()) found.push_back({"coap", {}, coaps_trouble_, false});
  if (reloading_.refusal) {
    if (std::string why = reloading_.refusal(); !why.empty())
      found.push_back({"configuration", {}, std::move(why), false});
  }
  if (function_.assignments() >= options_.max_assignments)
    found.push_back({"assignments", {}, "there are pf.max_assignments: newcomers get none", false});
  if (function_.unanswered() >= options_.max_unanswered)
    found.push_back({"requests",
                     {},
                     "pf.max_unanswered of them wait for the store: others are put off",
                     false});
  const auto today = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  for (Trouble& each : certificates_.troubles(today)) found.push_back(std::move(each));
  troubles_.look(std::move(found), clock_.now());
}

void FunctionProcess::watch_troubles() {
  look_at_troubles();
  trouble_timer_.expires_after(kLookAtTroubles);
  trouble_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) watch_troubles();
  });
}

std::string FunctionProcess::status() {
  look_at_troubles();
  admin::Status now;
  now.version = MSGGW_VERSION;
  now.commit = commit();
  now.uptime = std::chrono::floor<std::chrono::seconds>(clock_.now() - started_);
  now.folder = options_.folder.string();
  now.store_healthy = function_.healthy();
  if (!now.store_healthy) now.store_reason = function_.trouble();
  now.listeners = listeners();
  now.troubles = troubles_.all();
  admin::FunctionNumbers numbers{function_.assignments(),
                                 options_.max_assignments,
                                 function_.unanswered(),
                                 options_.max_unanswered,
                                 function_.policy().rules().size() - 1,
                                 {}};
  if (!options_.gateways_file.empty()) numbers.gateways = function_.gateways().size();
  return admin::status_json(now, numbers);
}

}  // namespace msggw::process
