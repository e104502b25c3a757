// SPDX-License-Identifier: Apache-2.0
#include "tests/adapters/service.h"

#include <cstdlib>
#include <utility>

namespace msggw::test {

Service::Service(core::Limits wanted) : limits(wanted), gateway(limits, registry, {}) {}

void Service::turn() {
  io.restart();
  io.run_one_for(patience);
  io.poll();
  const base::TimePoint now = clock.now();
  gateway.turn().tick(now);
  provision(now);
  commit();
  provision(now);
  core::Adapter* const adapter = served();
  if (adapter == nullptr) return;
  tell(*adapter);
  play();
  adapter->end_turn(now);
}

void Service::commit() {
  if (!batch_ && gateway.tables().has_changes()) batch_ = gateway.commits().take_changes().number;
  if (!batch_ || !commits) return;
  gateway.commits().committed(*std::exchange(batch_, std::nullopt));
  ++batches;
}

void Service::provision(base::TimePoint now) {
  if (provisioning == Provisioning::away) return;
  while (const auto ask = gateway.journey().next_ask()) {
    if (ask->kind == core::AskKind::release)
      gateway.journey().released(ask->device);
    else
      asked_.push_back(ask->device);
  }
  for (; !asked_.empty(); asked_.pop_front()) {
    ++asks;
    const core::DeviceNo no = asked_.front();
    const std::string number = std::to_string(static_cast<std::uint32_t>(no));
    if (provisioning == Provisioning::refuses)
      gateway.journey().refused(no, "POLICY_DENIED", "not this one", now);
    else
      gateway.journey().provisioned(no, {"sid-" + number, {{"server-1"}, service_info}}, now);
  }
}

void Service::tell(core::Adapter& adapter) {
  const core::Outbox out = std::exchange(gateway.turn().outbox(), {});
  for (const auto& [bearer, answer] : out.answers) {
    if (bearer == adapter.bearer()) adapter.answer(answer);
  }
  for (const auto& decision : out.decisions) {
    if (decision.bearer == adapter.bearer()) adapter.decided(decision.device);
  }
  for (const auto& notice : out.notices) {
    if (notice.bearer == adapter.bearer()) adapter.notice(notice.device, notice.first);
  }
  for (const auto& [bearer, device] : out.expired) {
    if (bearer == adapter.bearer()) adapter.expired(device);
  }
  for (const auto& [device, private_id] : out.partings) adapter.parted(device, private_id);
  for (const core::DeviceNo device : out.gone) adapter.gone(device);
}

bool Service::until(const std::function<bool()>& done, std::chrono::milliseconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    turn();
  }
  return true;
}

double Service::metric(const std::string& name_and_labels) const {
  const std::string text = base::metrics::expose(registry);
  const std::size_t at = text.find("\n" + name_and_labels + " ");
  if (at == std::string::npos) return -1;
  return std::strtod(text.c_str() + at + name_and_labels.size() + 2, nullptr);
}

}  // namespace msggw::test
