// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "provisioning/tester/seen.h"

namespace msggw::tester {

/// One endpoint that was asked for: a bulk request of 200 has 200 entries, with the same exchange.
struct Entry {
  std::uint64_t number = 0;    ///< ascending from 1
  std::uint64_t exchange = 0;  ///< the request that it came in
  base::TimePoint at{};        ///< when the request was whole
  base::Duration took{0};      ///< until its answer was given to the socket; 0 if there is none
  unsigned status = 0;         ///< in HTTP terms, of this item; 0: no answer
  base::Scheme channel = base::Scheme::http;
  Operation operation{};
  std::optional<core::UeType> ue_type{};
  std::string private_id{};
  std::string gateway{};
  std::string service_id{};  ///< given in the answer, or empty
  std::string fault{};       ///< the name of the fault that decided its fate, or empty
};

/// What an entry must have to be shown; what is empty is not asked for. Patterns as in
/// base::matches.
struct Filter {
  std::string private_id{};
  std::string gateway{};
  std::string service_id{};
  std::string fault{};
  std::optional<base::Scheme> channel{};
  std::optional<Operation> operation{};
  std::optional<unsigned> status{};
  std::uint64_t after = 0;  ///< number
  std::size_t limit = 1'000;

  bool passes(const Entry& entry) const;
};

/// The latest requests, for a tester to look at and for assertions. A ring: the oldest give way.
/// Loop thread only.
class Journal {
 public:
  explicit Journal(std::size_t most_entries) : most_(most_entries) {}

  /// Notes a request; gives the number of its first entry, the others follow it in the order of the
  /// subjects. A request about nobody has one entry.
  std::uint64_t arrived(const Seen& seen, std::string_view fault, base::TimePoint now);
  /// What became of the entry. Nothing if it has given way already.
  void answered(std::uint64_t number, unsigned status, std::string_view service_id,
                base::TimePoint now);

  /// The entries that pass, oldest first, at most filter.limit.
  void visit(const Filter& filter, const std::function<void(const Entry&)>& show) const;

  void clear();
  std::size_t size() const noexcept { return entries_.size(); }
  std::uint64_t last() const noexcept { return last_; }
  /// Entries that have given way since the last clear().
  std::uint64_t lost() const noexcept { return lost_; }

 private:
  void add(const Seen& seen, const Subject& subject, std::string_view fault, base::TimePoint now);

  std::size_t most_;
  std::deque<Entry> entries_;
  std::uint64_t last_ = 0;
  std::uint64_t last_exchange_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace msggw::tester
