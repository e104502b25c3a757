// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msggw::m5s {

/// Unix time. What happens between two tests' clock jumps is no concern of a bench.
using Instant = std::chrono::milliseconds;
using Span = std::chrono::milliseconds;

/// Octets of a body that is read, either way. A larger request is answered 413.
inline constexpr std::size_t kMostBody = 1024 * 1024;
/// Octets of the fields of one message.
inline constexpr std::size_t kMostFields = 64 * 1024;

/// Names in lower case.
using Fields = std::vector<std::pair<std::string, std::string>>;
/// The first of that name; empty: there is none.
std::string_view field(const Fields& fields, std::string_view name);

struct Request {
  std::string method;
  std::string target;
  Fields fields;
  std::string body;
  std::string peer;        ///< "ADDRESS:PORT" it came from
  unsigned version = 11;   ///< 11 or 20
  bool too_large = false;  ///< the body is above kMostBody, and not here
  bool no_length = false;  ///< neither Content-Length nor chunks tell where a body ends
};

struct Response {
  unsigned status = 200;
  Fields fields;
  std::string body;
};

/// What becomes of an answer on its way to who asked.
enum class Way {
  whole,
  half,   ///< half of the body; then HTTP/1.1 closes, HTTP/2 resets the stream
  reset,  ///< none, and the connection is reset (TCP RST)
  never,  ///< none, and the connection stays
};

using Reply = std::function<void(Response response, Way way)>;
/// Calls `reply` at most once, now or later, in the thread of the io_context.
using Handler = std::function<void(Request request, Reply reply)>;

}  // namespace msggw::m5s
