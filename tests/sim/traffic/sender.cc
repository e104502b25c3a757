// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/traffic/sender.h"

#include <algorithm>
#include <utility>

namespace msggw::traffic {

namespace {

double milliseconds(Instant span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

boost::json::object rate_of(std::uint64_t count, Instant first, Instant last) {
  const double seconds = std::chrono::duration<double>(last - first).count();
  return {{"count", count},
          {"seconds", seconds},
          {"rate", seconds > 0 ? static_cast<double>(count) / seconds : 0.0}};
}

}  // namespace

void Sender::add_device() {
  const auto device = static_cast<std::uint32_t>(numbers_.size());
  numbers_.push_back(0);
  busy_.push_back(false);
  if (running_ && is_in_plan(device)) ready_.push_back(device);
}

void Sender::was_sent(std::uint32_t device, std::uint32_t number) {
  sent_before_ += number - std::min(number, numbers_[device]);
  numbers_[device] = std::max(numbers_[device], number);
}

void Sender::goes_on(std::uint32_t device) {
  busy_[device] = true;
  ++under_way_;
}

bool Sender::is_in_plan(std::uint32_t device) const {
  return device >= plan_.first && (plan_.devices == 0 || device - plan_.first < plan_.devices);
}

void Sender::begin(const Plan& plan, Instant now) {
  plan_ = plan;
  started_ = last_ = now;
  left_ = plan.count - std::min(plan.count, std::exchange(sent_before_, 0));
  pacer_ = fleet::Pacer({plan.window, plan.rate, Instant(0)});
  latency_ = {};
  ready_.clear();
  for (std::uint32_t device = 0; device < numbers_.size(); ++device) {
    if (is_in_plan(device) && !busy_[device]) ready_.push_back(device);
  }
  running_ = true;
}

std::optional<Sender::Next> Sender::next(Instant now) {
  if (!running_ || left_ == 0 || ready_.empty()) return std::nullopt;
  if (pacer_.may_start(now - started_, under_way_) == 0) return std::nullopt;
  pacer_.started();
  const std::uint32_t device = ready_.front();
  ready_.pop_front();
  busy_[device] = true;
  --left_;
  ++under_way_;
  return Next{device, {++numbers_[device], now}};
}

Instant Sender::next_start(Instant now) const {
  return started_ + pacer_.next_start(now - started_);
}

void Sender::taken(const Next& what, Instant now) {
  busy_[what.device] = false;
  --under_way_;
  last_ = now;
  latency_.record(now - what.stamp.at);
  if (running_ && is_in_plan(what.device)) ready_.push_back(what.device);
}

std::optional<boost::json::object> Sender::take_result() {
  if (!running_ || left_ > 0 || under_way_ > 0) return std::nullopt;
  running_ = false;
  auto result = rate_of(plan_.count, started_, last_);
  result["latencyMs"] = show(latency_);
  return result;
}

boost::json::object show(const fleet::Histogram& latency) {
  return {{"p50", milliseconds(latency.quantile(0.5))},
          {"p90", milliseconds(latency.quantile(0.9))},
          {"p99", milliseconds(latency.quantile(0.99))},
          {"max", milliseconds(latency.max())}};
}

void Arrivals::add(Instant sent, Instant now) {
  if (transit_.count() == 0) first_ = now;
  last_ = now;
  transit_.record(now - sent);
}

boost::json::object Arrivals::show() const {
  auto shown = rate_of(transit_.count(), first_, last_);
  shown["transitMs"] = traffic::show(transit_);
  return shown;
}

}  // namespace msggw::traffic
