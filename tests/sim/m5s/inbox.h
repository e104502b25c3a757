// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "tests/sim/m5s/exchange.h"

namespace msggw::m5s {

/// What Application Servers without a target have got. The latest messages and reports are kept.
class Inboxes {
 public:
  static constexpr std::size_t kMostEntries = 1'000;  ///< of one Application Server

  /// `name` is "message" or "report".
  void add(const std::string& service_id, const char* name, boost::json::object content,
           Instant now);
  /// The number of the latest entry; 0: there was none.
  std::uint64_t received(std::string_view service_id) const;
  /// {"asSvcId","received","entries":[{"n","at","message"|"report"}]}: those above `after`.
  boost::json::object list(std::string_view service_id, std::uint64_t after) const;
  /// Empties them; the numbers go on.
  void clear();

 private:
  struct Inbox {
    std::deque<boost::json::object> entries;
    std::uint64_t last = 0;
  };
  std::map<std::string, Inbox, std::less<>> inboxes_;
};

}  // namespace msggw::m5s
