// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/campaign.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "tests/sim/smsc/campaign_body.h"
#include "tests/sim/smsc/messages.h"

namespace msggw::smsc {
namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr Instant kTick = std::chrono::microseconds(10);  // 32 bits of them are 11 hours

std::chrono::microseconds own_cpu() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto us = [](const timeval& t) { return std::int64_t{t.tv_sec} * 1'000'000 + t.tv_usec; };
  return std::chrono::microseconds(us(used.ru_utime) + us(used.ru_stime));
}

double ms(Instant t) {
  return std::chrono::duration<double, std::milli>(t).count();
}

boost::json::object latency_json(const fleet::Histogram& h) {
  return {{"p50", ms(h.quantile(0.5))},
          {"p90", ms(h.quantile(0.9))},
          {"p99", ms(h.quantile(0.99))},
          {"max", ms(h.max())}};
}

}  // namespace

Result<NumberRange> NumberRange::parse(std::string_view pattern, std::uint64_t first,
                                       std::uint64_t count) {
  const auto wrong = [] {
    return fail(
        Errc::incorrect,
        "numbers is not a text with one {} or {:0N} for the index, of at most 20 characters");
  };
  NumberRange range;
  range.international_ = pattern.starts_with('+');
  if (range.international_) pattern.remove_prefix(1);
  const auto open = pattern.find('{'), close = pattern.find('}');
  if (open == pattern.npos || close == pattern.npos || close < open) return wrong();
  range.prefix_ = pattern.substr(0, open);
  range.suffix_ = pattern.substr(close + 1);
  std::string_view format = pattern.substr(open + 1, close - open - 1);
  if (!format.empty()) {
    if (!format.starts_with(":0")) return wrong();
    format.remove_prefix(2);
    const auto [end, error] =
        std::from_chars(format.data(), format.data() + format.size(), range.width_);
    if (error != std::errc{} || end != format.data() + format.size() || range.width_ > 20) {
      return wrong();
    }
  }
  if (count == 0 || count > kMostCount) {
    return fail(Errc::incorrect, fmt::format("count is not from 1 to {}", kMostCount));
  }
  if (first > std::numeric_limits<std::uint64_t>::max() - count) return wrong();
  range.first_ = first;
  range.count_ = static_cast<std::uint32_t>(count);
  std::string longest;
  range.write(range.count_ - 1, longest);
  if (longest.size() > 20 || longest.find_first_of("{}") != longest.npos ||
      longest.find('\0') != longest.npos) {
    return wrong();
  }
  return range;
}

void NumberRange::write(std::uint32_t index, std::string& out) const {
  out.assign(prefix_);
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, first_ + index);
  const auto size = static_cast<std::size_t>(end - digits);
  if (size < width_) out.append(width_ - size, '0');
  out.append(digits, size);
  out.append(suffix_);
}

std::optional<std::uint32_t> NumberRange::index_of(std::string_view number) const {
  if (number.size() <= prefix_.size() + suffix_.size() || !number.starts_with(prefix_) ||
      !number.ends_with(suffix_)) {
    return std::nullopt;
  }
  number.remove_prefix(prefix_.size());
  number.remove_suffix(suffix_.size());
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  if (value < first_ || value - first_ >= count_) return std::nullopt;
  // "007" is not what "{}" writes.
  if (number.size() > width_ && number.size() > 1 && number.front() == '0') return std::nullopt;
  if (number.size() < width_) return std::nullopt;
  return static_cast<std::uint32_t>(value - first_);
}

Result<Campaign> Campaign::parse(const boost::json::object& json) {
  const auto body = CampaignBody::parse(json);
  if (!body) return fail(body.error().code, body.error().detail);
  auto numbers = NumberRange::parse(body->numbers, body->first, body->count);
  if (!numbers) return fail(numbers.error().code, numbers.error().detail);
  Campaign out(*numbers);
  if (!parse_number(body->to, out.to_, out.to_ton_, out.to_npi_)) {
    return fail(Errc::incorrect, "to is not a number of 1 to 20 characters");
  }
  auto parts = parts_of_text(body->text, {});
  if (!parts) return fail(parts.error().code, parts.error().detail);
  if (parts->size() != 1) return fail(Errc::too_large, "text does not fit one short message");
  out.part_ = std::move(parts->front());
  out.account_ = body->account;
  out.rounds_ = body->rounds;
  out.expect_answer_ = body->expect_answer;
  out.patience_ = body->patience;
  if (body->rate > 0) {
    out.limits_ = {std::numeric_limits<std::size_t>::max(), body->rate, body->ramp};
  }
  if (out.expect_answer_) out.awaiting_.resize(body->count);
  return out;
}

bool Campaign::round_is_done() const {
  if (round_.position < numbers_.count() || round_.accepted + round_.refused < numbers_.count()) {
    return false;
  }
  return !expect_answer_ || round_.answered >= round_.accepted;
}

std::optional<std::uint32_t> Campaign::next(Instant now) {
  if (over_) return std::nullopt;
  if (!start_) {
    start_ = last_ = now;
    cpu_before_ = own_cpu();
    if (limits_.rate > 0) pacer_.emplace(limits_);
  }
  // A number's next round begins when all have ended the one before: then an answer belongs to it.
  if (rounds_done_ + 1 < rounds_ && round_is_done()) ++rounds_done_, round_ = {};
  if (round_.position == numbers_.count()) return std::nullopt;
  if (pacer_) {
    if (pacer_->may_start(now - *start_, 0) == 0) return std::nullopt;
    pacer_->started();
  }
  ++taken_;
  return round_.position++;
}

bool Campaign::over(Instant now) {
  if (over_ || !start_) return over_;
  const bool receipts_settled =
      receipts_due_ == receipts_lost_ + receipts_accepted_ + receipts_refused_;
  const bool done = rounds_done_ + 1 == rounds_ && round_is_done() && receipts_settled;
  over_ = done || now - last_ > patience_;
  if (over_) cpu_ = own_cpu() - cpu_before_;
  return over_;
}

bool Campaign::is_success() const {
  return over_ && accepted_ == goal() && (!expect_answer_ || answers_ == goal());
}

std::optional<Instant> Campaign::next_start(Instant now) const {
  if (over_ || !pacer_ || round_.position == numbers_.count()) return std::nullopt;
  return *start_ + pacer_->next_start(now - *start_);
}

void Campaign::compose(std::uint32_t index, std::string& number, Sm& out) const {
  numbers_.write(index, number);
  out = Sm{};
  out.source = {numbers_.ton(), numbers_.ton(), number};
  out.destination = {to_ton_, to_npi_, to_};
  out.data_coding = part_.data_coding;
  out.octets = part_.octets;
}

void Campaign::sent(std::uint32_t index, bool again, Instant now) {
  progress(now);
  ++(again ? redelivered_ : sent_);
  if (!expect_answer_ || again) return;
  const auto ticks = (now - *start_) / kTick + 1;
  awaiting_[index] = static_cast<std::uint32_t>(
      std::min<std::int64_t>(ticks, std::numeric_limits<std::uint32_t>::max()));
}

void Campaign::answered(Status status, Instant latency, Instant now) {
  progress(now);
  latency_.record(latency);
  if (status != status::ok) ++refusals_[status];
  if (is_temporary(status)) {
    ++temporary_;
    return;
  }
  ++(status == status::ok ? accepted_ : refused_);
  ++(status == status::ok ? round_.accepted : round_.refused);
}

bool Campaign::submitted(std::string_view number, Instant now) {
  const auto index = numbers_.index_of(number);
  if (!index || over_) return false;
  progress(now);
  ++submits_;
  if (!expect_answer_ || awaiting_[*index] == 0) return true;
  answer_latency_.record(now - *start_ - (awaiting_[*index] - 1) * kTick);
  awaiting_[*index] = 0;
  ++answers_;
  ++round_.answered;
  return true;
}

void Campaign::receipt_answered(Status status, Instant now) {
  progress(now);
  if (is_temporary(status)) return;
  ++(status == status::ok ? receipts_accepted_ : receipts_refused_);
}

boost::json::object Campaign::report(std::uint64_t id) const {
  boost::json::object refusals;
  for (const auto& [status, count] : refusals_) refusals[status_name(status)] = count;
  const double seconds = start_ ? std::chrono::duration<double>(last_ - *start_).count() : 0;
  const char* const state = !start_        ? "waiting"
                            : !over_       ? "running"
                            : is_success() ? "done"
                                           : "incomplete";
  const auto cpu = over_ ? cpu_ : start_ ? own_cpu() - cpu_before_ : cpu_;
  return {{"id", id},
          {"state", state},
          {"goal", goal()},
          {"sent", sent_},
          {"redelivered", redelivered_},
          {"accepted", accepted_},
          {"temporary", temporary_},
          {"refused", refused_},
          {"statuses", std::move(refusals)},
          {"submits", submits_},
          {"answers", answers_},
          {"receipts", receipts_due_},
          {"receiptsSent", receipts_sent_},
          {"receiptsLost", receipts_lost_},
          {"receiptsAccepted", receipts_accepted_},
          {"receiptsRefused", receipts_refused_},
          {"seconds", seconds},
          {"rate", seconds > 0 ? static_cast<double>(accepted_) / seconds : 0},
          {"latencyMs", latency_json(latency_)},
          {"answerMs", latency_json(answer_latency_)},
          {"cpuSeconds", std::chrono::duration<double>(cpu).count()}};
}

}  // namespace msggw::smsc
