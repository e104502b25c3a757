// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "gateway/base/json.h"

namespace msggw::fleet {
namespace {

constexpr unsigned kStepsLog2 = 6;
constexpr std::uint64_t kSteps = 1 << kStepsLog2;
constexpr unsigned kOctaves = 33;  // 2^33 us is over two hours

/// Below kSteps us one bucket each; above, kSteps buckets for every doubling.
std::size_t bucket_of(std::uint64_t us) {
  if (us < kSteps) return us;
  const unsigned octave = static_cast<unsigned>(std::bit_width(us)) - kStepsLog2;
  if (octave > kOctaves - kStepsLog2) return (kOctaves - kStepsLog2 + 1) * kSteps - 1;
  return octave * kSteps + ((us >> (octave - 1)) - kSteps);
}

/// The largest value of a bucket, in us.
std::uint64_t limit_of(std::size_t bucket) {
  if (bucket < kSteps) return bucket;
  const std::uint64_t octave = bucket / kSteps;
  return ((bucket % kSteps + kSteps + 1) << (octave - 1)) - 1;
}

double ms(Instant t) {
  return std::chrono::duration<double, std::milli>(t).count();
}

double cpu_each(const Tally& t) {
  return t.requests == 0 ? 0.0
                         : static_cast<double>(t.own_cpu.count()) / static_cast<double>(t.requests);
}

}  // namespace

Histogram::Histogram() : buckets_((kOctaves - kStepsLog2 + 1) * kSteps) {}

void Histogram::record(Instant value) {
  const auto us = std::max<std::int64_t>(0, value.count() / 1000);
  ++buckets_[bucket_of(static_cast<std::uint64_t>(us))];
  ++count_;
  max_ = std::max(max_, value);
}

Instant Histogram::quantile(double share) const {
  const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(count_) + 0.999'999);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen > 0 && seen >= rank) {
      return std::min(max_, Instant(static_cast<std::int64_t>((limit_of(i) + 1) * 1000)));
    }
  }
  return max_;
}

void Tally::count_code(std::string_view code) {
  constexpr std::size_t kMostCodes = 256;
  auto found = by_code.find(code);
  if (found == by_code.end()) {
    if (by_code.size() >= kMostCodes) code = "other";
    found = by_code.try_emplace(std::string(code.substr(0, 64))).first;
  }
  ++found->second;
}

double Tally::seconds() const {
  return std::max(0.0, std::chrono::duration<double>(last_answer - first_request).count());
}

double Tally::rate() const {
  return seconds() > 0 ? static_cast<double>(answers()) / seconds() : 0.0;
}

std::string to_text(const RunNames& names, const Tally& t) {
  std::string out = fmt::format("{} {}: {} devices from index {}, {} round{}, window {}, {} {}\n",
                                names.protocol, names.peer, names.devices, names.first,
                                names.rounds, names.rounds == 1 ? "" : "s", names.window,
                                names.lines, names.protocol == "coap" ? "peers" : "connections");
  out += fmt::format("asked {} (+ {} again), answered {} in {:.2f} s = {:.0f}/s\n", t.requests,
                     t.retransmissions, t.answers(), t.seconds(), t.rate());
  out += fmt::format("registered {} of {}, pending {}, refused {}, errors {}, timed out {}\n",
                     t.registered, t.goal, t.pending, t.refused, t.errors, t.timeouts);
  for (const auto& [code, count] : t.by_code) out += fmt::format("  {} x {}\n", count, code);
  if (t.mismatched > 0) out += fmt::format("Service IDs other than expected: {}\n", t.mismatched);
  if (t.separate + t.late + t.malformed + t.send_failures + t.connections_lost > 0) {
    out += fmt::format(
        "separate responses {}, late or double {}, malformed {}, send failures {}, "
        "connections lost {}\n",
        t.separate, t.late, t.malformed, t.send_failures, t.connections_lost);
  }
  if (t.handshakes + t.handshakes_failed > 0)
    out += fmt::format("handshakes {}, failed {}\n", t.handshakes, t.handshakes_failed);
  out += fmt::format("latency ms: p50 {:.2f}  p90 {:.2f}  p99 {:.2f}  max {:.2f}\n",
                     ms(t.latency.quantile(0.5)), ms(t.latency.quantile(0.9)),
                     ms(t.latency.quantile(0.99)), ms(t.latency.max()));
  out += fmt::format("own CPU {:.1f} us a request\n", cpu_each(t));
  return out;
}

std::string to_json(const RunNames& names, const Tally& t) {
  std::string out = "{\"protocol\":";
  base::append_json_string(out, names.protocol);
  out += ",\"peer\":";
  base::append_json_string(out, names.peer);
  const auto number = [&out](std::string_view name, std::uint64_t value) {
    out += fmt::format(",\"{}\":{}", name, value);
  };
  number("devices", names.devices);
  number("first", names.first);
  number("rounds", names.rounds);
  number("window", names.window);
  number(names.protocol == "coap" ? "peers" : "connections", names.lines);
  number("goal", t.goal);
  number("requests", t.requests);
  number("answers", t.answers());
  number("registered", t.registered);
  number("pending", t.pending);
  number("refused", t.refused);
  number("timeouts", t.timeouts);
  number("errors", t.errors);
  number("mismatched", t.mismatched);
  number("retransmissions", t.retransmissions);
  number("separate", t.separate);
  number("late", t.late);
  number("malformed", t.malformed);
  number("sendFailures", t.send_failures);
  number("connectionsLost", t.connections_lost);
  number("handshakes", t.handshakes);
  number("handshakesFailed", t.handshakes_failed);
  out += ",\"byCode\":{";
  for (auto it = t.by_code.begin(); it != t.by_code.end(); ++it) {
    if (it != t.by_code.begin()) out += ',';
    base::append_json_string(out, it->first);
    out += fmt::format(":{}", it->second);
  }
  out += fmt::format("}},\"seconds\":{:.4f},\"rate\":{:.1f},", t.seconds(), t.rate());
  out +=
      fmt::format("\"latencyMs\":{{\"p50\":{:.3f},\"p90\":{:.3f},\"p99\":{:.3f},\"max\":{:.3f}}},",
                  ms(t.latency.quantile(0.5)), ms(t.latency.quantile(0.9)),
                  ms(t.latency.quantile(0.99)), ms(t.latency.max()));
  out += fmt::format("\"cpuUsPerRequest\":{:.2f}}}", cpu_each(t));
  return out;
}

std::string progress_line(const Tally& t, Instant now, double rate_now) {
  return fmt::format("{:6.0f} s  asked {}  registered {} of {}  pending {}  other {}  {:.0f}/s",
                     std::chrono::duration<double>(now).count(), t.requests, t.registered, t.goal,
                     t.pending, t.refused + t.errors + t.timeouts, rate_now);
}

}  // namespace msggw::fleet
