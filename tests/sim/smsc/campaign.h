// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "tests/sim/fleet/pacing.h"
#include "tests/sim/fleet/report.h"
#include "tests/sim/smsc/options.h"
#include "tests/sim/smsc/short_text.h"
#include "tests/sim/smsc/wire.h"

namespace msggw::smsc {

using fleet::Instant;

/// Numbers that differ in one run of digits: "+4915{:09}" is +4915 and the index in 9 digits.
class NumberRange {
 public:
  static constexpr std::uint64_t kMostCount = 100'000'000;

  /// incorrect: no or two places for the index, or numbers with more than 20 characters.
  static base::Result<NumberRange> parse(std::string_view pattern, std::uint64_t first,
                                         std::uint64_t count);

  std::uint32_t count() const { return count_; }
  std::uint8_t ton() const { return international_ ? 1 : 0; }
  /// Without '+'.
  void write(std::uint32_t index, std::string& out) const;
  std::optional<std::uint32_t> index_of(std::string_view number) const;

 private:
  std::string prefix_, suffix_;
  unsigned width_ = 0;  ///< digits at least, zeros in front
  std::uint64_t first_ = 0;
  std::uint32_t count_ = 0;
  bool international_ = false;
};

/// Mobile originated load from many numbers, one short message each and round. Everything that is
/// kept is a few octets a number. Not thread-safe.
class Campaign {
 public:
  /// From the body of POST /campaigns. incorrect, missing: the detail says what.
  static base::Result<Campaign> parse(const boost::json::object& body);

  /// The index of the number whose turn it is; none: all are under way, or the rate says wait.
  std::optional<std::uint32_t> next(Instant now);
  /// When next() may have one because of the rate; none: the rate does not hold it up.
  std::optional<Instant> next_start(Instant now) const;
  void compose(std::uint32_t index, std::string& number, Sm& out) const;
  const std::string& account() const { return account_; }

  void sent(std::uint32_t index, bool again, Instant now);
  void answered(Status status, Instant latency, Instant now);
  /// A submit_sm to one of the numbers, if it is one. Counts it.
  bool submitted(std::string_view number, Instant now);
  void receipt_due() { ++receipts_due_; }
  void receipt_lost() { ++receipts_lost_; }
  void receipt_sent() { ++receipts_sent_; }
  void receipt_answered(Status status, Instant now);

  /// Whether a message of it is under way.
  bool is_open() const { return taken_ > accepted_ + refused_; }
  /// Nothing is left to be done, or nothing has happened for `patience`.
  bool over(Instant now);
  /// What over() said last.
  bool is_over() const { return over_; }
  /// Everything was accepted, and answered if answers are expected.
  bool is_success() const;
  boost::json::object report(std::uint64_t id) const;

 private:
  explicit Campaign(NumberRange numbers) : numbers_(numbers) {}
  bool round_is_done() const;
  void progress(Instant now) { last_ = std::max(last_, now); }
  std::uint64_t goal() const { return std::uint64_t{numbers_.count()} * rounds_; }

  NumberRange numbers_;
  std::string to_, account_;
  std::uint8_t to_ton_ = 0, to_npi_ = 0;
  Part part_;
  std::uint64_t rounds_ = 1;
  bool expect_answer_ = false;
  Span patience_{60'000};
  fleet::Pacer::Limits limits_;
  std::optional<fleet::Pacer> pacer_;

  struct Round {
    std::uint32_t position = 0;
    std::uint64_t accepted = 0, refused = 0, answered = 0;
  } round_;
  std::uint64_t rounds_done_ = 0;
  std::uint64_t taken_ = 0;  ///< given out by next()
  std::uint64_t sent_ = 0, redelivered_ = 0, accepted_ = 0, refused_ = 0, temporary_ = 0;
  std::map<Status, std::uint64_t> refusals_;
  std::uint64_t submits_ = 0, answers_ = 0;
  std::uint64_t receipts_due_ = 0, receipts_sent_ = 0, receipts_lost_ = 0, receipts_accepted_ = 0,
                receipts_refused_ = 0;
  /// When each number was sent to last and has had no answer since, in kTick from start_, plus 1;
  /// 0: none is awaited. Empty unless answers are expected.
  std::vector<std::uint32_t> awaiting_;
  std::optional<Instant> start_;
  Instant last_{0};
  bool over_ = false;
  fleet::Histogram latency_, answer_latency_;
  std::chrono::microseconds cpu_before_{0}, cpu_{0};
};

}  // namespace msggw::smsc
