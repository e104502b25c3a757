// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <string_view>

#include "gateway/base/handle.h"
#include "tests/sim/m5s/exchange.h"
#include "tests/sim/m5s/operation.h"

namespace msggw::m5s {

/// One request and what was answered, either way.
struct Exchange {
  std::uint64_t number = 0;  ///< given by the journal
  Instant at{0};             ///< of the request
  bool is_ours = false;      ///< the double asked
  Subject subject{};
  std::string peer{};  ///< ADDRESS:PORT who asked, or the origin that was asked
  std::string method{};
  std::string target{};  ///< path and query
  unsigned version = 11;
  std::string request_type{};  ///< Content-Type
  std::string request{};
  unsigned status = 0;  ///< 0: no answer
  Fields fields{};      ///< of the answer
  std::string answer{};
  Span took{0};
  std::string fault{};
  unsigned attempt = 0;  ///< of what the double asks
};

inline void close_file(std::FILE* file) noexcept {
  std::fclose(file);
}

/// The latest exchanges, in numbers and in octets; the oldest give way. Each is also a line of a
/// file, if there is one, whole.
class Journal {
 public:
  static constexpr std::size_t kMostOctets = 64 * 1024 * 1024;

  struct Filter {
    std::string_view direction{};  ///< "in", "out" or empty
    std::string_view operation{};
    std::string_view service_id{};  ///< pattern
    std::string_view message_id{};
    std::string_view fault{};
    std::int64_t status = -1;  ///< -1: any
    std::uint64_t since = 0;
    std::size_t limit = 1'000;
  };

  /// `file` is appended to; empty: none. Throws std::runtime_error if it cannot be.
  Journal(std::size_t most, const std::string& file);

  void add(Exchange exchange);
  void clear();
  /// {"entries":[..],"last":N,"lost":N}.
  boost::json::object list(const Filter& filter) const;
  std::uint64_t last() const { return last_; }

 private:
  static std::size_t octets_of(const Exchange& one);
  static bool passes(const Exchange& one, const Filter& filter);

  std::size_t most_;
  std::deque<Exchange> entries_;
  std::size_t octets_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t lost_ = 0;
  base::Handle<std::FILE, close_file> file_;
};

boost::json::object show(const Exchange& exchange);

}  // namespace msggw::m5s
